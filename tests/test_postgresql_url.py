"""DATABASE_URL in every form of libpq, and the options of a connection."""

import pytest
from sqlalchemy import create_engine, make_url

from helpdesk import config, postgresql_url


def driver_arguments(url: str) -> dict[str, object]:
    """What the driver is given for ``url``."""
    address = make_url(postgresql_url.normalize_url(url))
    arguments = create_engine(address).dialect.create_connect_args(address)[1]
    return arguments | postgresql_url.connect_arguments(dict(address.query))


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("postgresql://u@one:5433,two/help", "one,two", "5433,5432"),
        ("postgres://u@one,two:7/help", "one,two", "5432,7"),
        ("postgresql://u@[::1]:5432,[::2]:5433/help", "::1,::2", "5432,5433"),
        ("postgresql://u@/help?host=one:1&host=two:2", "one,two", "1,2"),
        ("postgresql://u@/help?host=one,two&port=1,2", "one,two", "1,2"),
        ("host=one,two port=5433 dbname=help user=u", "one,two", "5433,5433"),
        ("postgresql://u@one:5433/help", "one", 5433),
    ],
)
def test_several_hosts_in_every_form(url, host, port):
    arguments = driver_arguments(url)
    assert (arguments["host"], arguments["port"], arguments["dbname"], arguments["user"]) == (host, port, "help", "u")


def test_password_and_options_stay_with_several_hosts():
    arguments = driver_arguments("postgresql://u:p%40ss%2Fw@one,two/help?sslmode=verify-full&target_session_attrs=any")
    assert arguments["password"] == "p@ss/w"
    assert (arguments["sslmode"], arguments["target_session_attrs"]) == ("verify-full", "any")


def test_dead_host_is_noticed_within_ten_seconds():
    arguments = driver_arguments("postgresql://u@one/help")
    noticed = arguments["keepalives_idle"] + arguments["keepalives_interval"] * arguments["keepalives_count"]
    assert arguments["tcp_user_timeout"] <= 10_000 and noticed <= 10 and arguments["connect_timeout"] <= 10


def test_options_of_the_url_win():
    arguments = driver_arguments("postgresql://u@one/help?tcp_user_timeout=60000&application_name=mine")
    assert (arguments["tcp_user_timeout"], arguments["application_name"]) == ("60000", "mine")
    assert arguments["keepalives_idle"] == 5


@pytest.mark.parametrize(("text", "value"), [("none", None), ("0", 0), ("12", 12)])
def test_prepare_threshold_reaches_the_driver(text, value):
    assert driver_arguments(f"postgresql://u@one/help?prepare_threshold={text}")["prepare_threshold"] == value


@pytest.mark.parametrize("wrong", ["postgresql://u@one:x:y,two/help", "host='one dbname=help"])
def test_what_cannot_be_understood_is_one_sentence(wrong):
    with pytest.raises(config.UnsafeConfiguration, match="DATABASE_URL"):
        config.Config({"SECRET_KEY": "x" * 32, "DATABASE_URL": wrong})
