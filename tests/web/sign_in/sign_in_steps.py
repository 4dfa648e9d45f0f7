"""What tests of sign-in do and see after a provider answered."""

from helpdesk.domain.authentication import signed_links
from helpdesk.models.sign_in_link import SignInLink

DANA = "dana@globex.example"


def follow_the_mailed_link(browser, session):
    session.rollback()
    link = session.query(SignInLink).order_by(SignInLink.id.desc()).first()
    path = f"/sign-in/link/{signed_links.link_token(link)}"
    return browser.post(path, page=path)


def needs_a_link(answer) -> bool:
    return answer.status_code == 303 and answer.headers["Location"] == "/sign-in/code"


def signed_in(answer) -> bool:
    return answer.status_code == 303 and answer.headers["Location"] == "/tickets"
