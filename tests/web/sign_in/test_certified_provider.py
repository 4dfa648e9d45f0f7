"""Two customers with providers that somebody else wrote and the OpenID Foundation certified: npm's oidc-provider.

OIDC_PROVIDER_DIR names the folder with its node_modules, which .ci/run installs. Without it these tests are skipped, and
.ci/run says so. It gives addresses and names at its UserInfo endpoint only, and ends sessions by back-channel logout.
"""

import json
import os
import re
import shutil
import socket
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
import requests

from helpdesk import urls
from helpdesk.demo import wsgi_server
from helpdesk.demo.identity_providers import company
from helpdesk.models.session import Session
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.user import Identity, User
from tests import timeouts
from tests.web.sign_in.companies import connect

FOLDER = Path(os.environ.get("OIDC_PROVIDER_DIR", "/nonexistent"))
SCRIPT = Path(__file__).with_name("certified_provider.mjs")
DANA, RITA = "dana@globex.example", "rita@initech.example"
ACCOUNTS = {
    "globex": {
        "dana": {"email": DANA, "email_verified": True, "name": "Dana Deed", "zoneinfo": "Europe/Vienna"},
        "liar": {"email": RITA, "email_verified": True, "name": "Rita"},
        "nobody": {"name": "No Address"},
    },
    "initech": {"rita": {"email": RITA, "email_verified": True, "name": "Rita Rook"}},
}


@dataclass
class CertifiedProvider:
    """One of the providers, as ``connect`` takes it, with a browser's cookies there."""

    name: str
    port: int
    cookies: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        """The issuer."""
        return f"http://127.0.0.1:{self.port}"

    def choose(self, location: str, login: str) -> str:
        """Sign in there as ``login``, consent, and return the path and query of the way back."""
        answer = self.cookies.get(location, allow_redirects=False, timeout=60)
        for _ in range(12):
            if answer.is_redirect:
                target = urljoin(answer.url, answer.headers["Location"])
                if not target.startswith(self.url):
                    parts = urlsplit(target)
                    return f"{parts.path}?{parts.query}"
                answer = self.cookies.get(target, allow_redirects=False, timeout=60)
                continue
            assert answer.status_code == 200, answer.text[:2000]
            action = re.search(r'<form[^>]*action="([^"]+)"', answer.text).group(1)
            prompt = re.search(r'name="prompt" value="([^"]+)"', answer.text).group(1)
            values = {"prompt": prompt, **({"login": login, "password": "any"} if prompt == "login" else {})}
            answer = self.cookies.post(urljoin(answer.url, action), data=values, allow_redirects=False, timeout=60)
        raise AssertionError("the provider did not send the browser back")

    def sign_out(self) -> None:
        """End the session there, as its own sign-out page does."""
        page = self.cookies.get(f"{self.url}/session/end", timeout=60)
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text).group(1)
        secret = re.search(r'name="xsrf" value="([^"]+)"', page.text).group(1)
        self.cookies.post(urljoin(page.url, action), data={"xsrf": secret, "logout": "yes"}, timeout=60)


@pytest.fixture
def settings(box):
    return {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": box.port, "WEBHOOKS_TO_LOOPBACK": True}


@pytest.fixture
def companies(app, make, session, tmp_path):
    """Both connections with their running providers, by name."""
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules/oidc-provider").is_dir():
        pytest.skip("the certified provider is not installed (OIDC_PROVIDER_DIR)")
    found, described = {}, []
    with ExitStack() as until_the_end:
        portal = until_the_end.enter_context(wsgi_server.serve_app(app))
        for name in ACCOUNTS:
            provider = CertifiedProvider(name, find_free_port())
            organization = make.organization(name.title(), domain=f"{name}.example")
            connection = connect(session, organization, provider)
            found[name] = (connection, provider)
            described.append(
                {
                    "port": provider.port,
                    "clientId": company.CLIENT_ID,
                    "secret": company.CLIENT_SECRET,
                    "redirect": urls.absolute_url(f"/sign-in/sso/{connection.slug}/authorized"),
                    "logout": f"{portal.url}/sign-in/sso/{connection.slug}/logout",
                    "accounts": ACCOUNTS[name],
                }
            )
        (tmp_path / "companies.json").write_text(json.dumps(described))
        command = [node, str(SCRIPT), str(FOLDER), str(tmp_path / "companies.json")]
        log = until_the_end.enter_context((tmp_path / "provider.log").open("w"))
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        until_the_end.callback(process.wait, timeouts.LIMIT)
        until_the_end.callback(process.terminate)
        lines = iter(process.stdout.readline, "")
        assert any(line == "ready\n" for line in lines), (tmp_path / "provider.log").read_text()
        yield found


def find_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def sign_in(browser, connection: SignInConnection, provider: CertifiedProvider, login: str):
    away = browser.get(f"/sign-in/sso/{connection.slug}")
    assert away.status_code == 302, away.text
    return browser.get(provider.choose(away.headers["Location"], login))


def test_each_customer_comes_in_by_its_own_provider_and_no_other(companies, new_browser, session):
    browsers = {}
    for name, login, email in (("globex", "dana", DANA), ("initech", "rita", RITA)):
        browsers[email] = new_browser()
        answer = sign_in(browsers[email], *companies[name], login)
        assert answer.status_code == 303, answer.text
        assert browsers[email].who() == email
    session.rollback()
    people = {each.email: each for each in session.query(User)}
    assert people.keys() == {DANA, RITA}
    assert (people[DANA].name, people[DANA].time_zone) == ("Dana Deed", "Europe/Vienna")
    for name, email in (("globex", DANA), ("initech", RITA)):
        connection, provider = companies[name]
        identity = session.query(Identity).filter_by(user_id=people[email].id).one()
        assert (identity.provider, identity.issuer) == (connection.provider, provider.url)
        assert people[email].organization_id == connection.organization_id

    before = session.query(Session).count()
    for login, reason in (("liar", "domain"), ("nobody", "no_address")):
        connection, provider = companies["globex"]
        provider.cookies, other = requests.Session(), new_browser()
        assert sign_in(other, connection, provider, login).status_code in (400, 403)
        session.rollback()
        assert other.who() is None and session.query(Session).count() == before
        assert session.get(SignInConnection, connection.id).last_failure == reason


def test_an_answer_of_one_provider_is_worth_nothing_at_the_other(companies, browser, session):
    (globex, at_globex), (initech, _) = companies["globex"], companies["initech"]
    path = at_globex.choose(browser.get(f"/sign-in/sso/{globex.slug}").headers["Location"], "dana")
    moved = path.replace(globex.slug, initech.slug)
    assert moved != path and browser.get(moved).status_code == 400
    assert browser.who() is None and session.query(Session).count() == 0


def test_signing_out_there_ends_the_session_here(companies, new_browser):
    dana, rita = new_browser(), new_browser()
    sign_in(dana, *companies["globex"], "dana")
    sign_in(rita, *companies["initech"], "rita")
    companies["globex"][1].sign_out()
    timeouts.wait_for(lambda: dana.who() is None, "the provider's logout token")
    assert rita.who() == RITA
