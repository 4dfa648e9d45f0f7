"""The files of deploy/ are accepted by the programs they are for, and keep what they promise."""

import re
import shutil
import subprocess

import pytest
import requests
import yaml

from bench import processes
from helpdesk.cli import serve
from helpdesk.config import ENVIRONMENT_VARIABLES
from tests import conftest, timeouts
from tests.deploy import proxies

UNITS = sorted(proxies.DEPLOY.glob("helpdesk-*.*"))
DEFAULTS = {setting.name: setting.default for setting in ENVIRONMENT_VARIABLES}
HARDENING = {"NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "UMask=0077", "User=helpdesk"}
HARDENING |= {"SystemCallFilter=@system-service", "SystemCallFilter=~@privileged", "PrivateTmp=yes"}


def check(command: list[str], **environment: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment or None)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not proxies.NGINX, reason="nginx is missing; .ci/run installs it")
def test_nginx_accepts_both_files(tmp_path):
    file, _ = proxies.write_nginx(tmp_path, 5000)
    check([proxies.NGINX, "-t", "-c", str(file), "-e", str(tmp_path / "error.log"), "-p", str(tmp_path)])


@pytest.mark.skipif(not proxies.NGINX, reason="nginx is missing; .ci/run installs it")
def test_nginx_says_when_to_ask_again_where_no_process_answers(tmp_path):
    proxy = proxies.start_nginx(tmp_path, conftest.free_port())
    try:
        timeouts.wait_for(lambda: processes.is_listening(proxy.port), "nginx")
        answer = requests.post(
            f"https://localhost:{proxy.port}/tickets", verify=tmp_path / "certificate.pem", timeout=timeouts.LIMIT
        )
    finally:
        proxy.end()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Please try again." in answer.text


@pytest.mark.skipif(not proxies.CADDY, reason="Caddy is missing; make test-deploy needs it")
def test_caddy_accepts_its_file(tmp_path):
    file, _, variables = proxies.write_caddy(tmp_path, 5000)
    check([proxies.CADDY, "validate", "--config", str(file), "--adapter", "caddyfile"], HOME=str(tmp_path), **variables)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is missing")
def test_systemd_accepts_the_units(tmp_path):
    """With a program that is there in place of ours."""
    for unit in UNITS:
        text = (
            unit.read_text().replace("/opt/helpdesk/.venv/bin/helpdesk", "/bin/true").replace("=helpdesk\n", "=root\n")
        )
        (tmp_path / unit.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", *(tmp_path / unit.name for unit in UNITS)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    ours = [line for line in done.stderr.splitlines() if "helpdesk-" in line]
    assert ours == []


def test_every_service_is_hardened():
    services = [unit for unit in UNITS if unit.suffix == ".service"]
    assert len(services) == 3
    for unit in services:
        assert HARDENING - set(unit.read_text().splitlines()) == set(), unit.name


def test_the_proxies_hold_as_many_live_pages_as_the_portal_and_give_a_connection_up_first():
    main, site = ((proxies.DEPLOY / name).read_text() for name in ("nginx-main.conf", "nginx.conf"))
    promised = int(DEFAULTS["LIVE_STREAMS"]) * int(DEFAULTS["WEB_PROCESSES"])
    connections = int(re.search(r"worker_connections (\d+);", main)[1])
    assert (
        connections >= 2 * promised
    )  # a live page is one connection to nginx and one from it; one process of nginx is enough
    assert int(re.search(r"worker_rlimit_nofile (\d+);", main)[1]) > connections
    assert f"{promised:,} live pages" in main
    portal = serve.options(ConfigDefaults(), "127.0.0.1:5000", 30)["keepalive"]
    drain = get_default_drain()
    upstream = re.search(r"upstream helpdesk \{.*?keepalive_timeout (\d+)s;", site, re.DOTALL)
    assert int(upstream[1]) < drain < portal
    caddy = (proxies.DEPLOY / "Caddyfile").read_text()
    assert int(re.search(r"\bkeepalive (\d+)s", caddy)[1]) < drain


def test_the_proxies_ask_a_node_again_before_the_next_one_stops():
    """Else none would be asked where nodes are replaced one after the other.

    nginx asks again when more than fail_timeout has passed in whole seconds (ngx_http_upstream_round_robin.c).
    """
    site, caddy = ((proxies.DEPLOY / name).read_text() for name in ("nginx.conf", "Caddyfile"))
    assert int(re.search(r"max_fails=3 fail_timeout=(\d+)s;", site)[1]) + 1 < get_default_drain()
    assert int(re.search(r"max_fails 3\n\s+fail_duration (\d+)s\n", caddy)[1]) < get_default_drain()


def get_default_drain() -> float:
    return next(each.default for each in serve.serve.params if each.name == "drain")


class ConfigDefaults:
    WEB_PROCESSES = int(DEFAULTS["WEB_PROCESSES"])


def test_the_command_of_an_installation_gives_its_settings(tmp_path):
    """deploy/helpdesk, with a program that prints what it was given."""
    (tmp_path / "environment").write_text("DATABASE_URL=postgresql://helpdesk@/helpdesk?host=/run/postgresql\n")
    (tmp_path / "program").write_text('#!/bin/sh\necho "$DATABASE_URL" "$@"\n')
    (tmp_path / "program").chmod(0o755)
    text = proxies.change(
        (proxies.DEPLOY / "helpdesk").read_text(),
        {
            "/etc/helpdesk/environment": str(tmp_path / "environment"),
            "/opt/helpdesk/.venv/bin/helpdesk": str(tmp_path / "program"),
            "runuser -u helpdesk --": "exit 9;",
            '"$(id -u)" = 0': '"$(id -u)" = none',
        },
    )
    done = subprocess.run(["sh", "-c", text, "helpdesk", "settings", "set", "a b"], capture_output=True, text=True)
    assert done.stdout == "postgresql://helpdesk@/helpdesk?host=/run/postgresql settings set a b\n", done.stderr


def test_containers_run_without_rights_and_are_watched():
    """Our own by more; every service writes a log that ends, and is restarted or runs once."""
    services = yaml.safe_load((proxies.DEPLOY / "compose.yaml").read_text())["services"]
    ours = {name: service for name, service in services.items() if service["image"] == "helpdesk"}
    assert set(ours) == {"schema", "web", "worker", "backup"}
    for name, service in ours.items():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    for name, service in services.items():
        assert service["logging"]["options"]["max-size"] and service["logging"]["options"]["max-file"], name
        assert service["restart"] in ("unless-stopped", "no"), name
    for name in ("web", "worker", "database", "redis"):
        assert services[name]["healthcheck"]["test"], name
    published = {name for name, service in services.items() if service.get("ports")}
    assert published == {"proxy"}
    image = (proxies.DEPLOY / "Dockerfile").read_text()
    assert image.count("FROM ${BASE}") == 2 and "USER 10001" in image and "HEALTHCHECK" in image
    assert "COPY . ." not in image.rpartition("FROM ")[2]
