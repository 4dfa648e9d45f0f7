"""After SECRET_KEY was rotated, what was given out before works while the old key is a fallback, and then stops."""

import base64
import hmac
import re
from email.utils import parseaddr

import pytest

from helpdesk import config
from helpdesk.domain import tickets
from helpdesk.domain.authentication import magic_links, signed_links
from helpdesk.domain.integrations import webhook_secrets, webhooks
from helpdesk.models.message import Message
from tests import worker_helpers
from tests.domain import mail_samples
from tests.domain.webhooks.conftest import deliver, receiver  # noqa: F401
from tests.factories import signed_in_client

NEW_KEY = "the key after the rotation, 40 characters"
FALLBACK = "an old key is a fallback"
REMOVED = "an old key was removed"


@pytest.fixture
def settings(workspace, mailbox):
    return mail_samples.settings(workspace, mailbox) | {"WEBHOOKS_TO_LOOPBACK": True}


@pytest.fixture
def filed_ticket(make, session):
    return mail_samples.filed_ticket(make, session)


@pytest.fixture
def mail(filed_ticket, mailbox):
    """A mail to Dana that was sent before the rotation."""
    return mailbox.wait_for("dana@globex.example")


@pytest.fixture
def rotate(app):
    """``rotate(FALLBACK)`` takes a new SECRET_KEY and retains the old one; ``rotate(REMOVED)`` retains none."""
    old = config.current()

    def rotate(kept: str) -> None:
        fallbacks = (old.SECRET_KEY,) if kept == FALLBACK else ()
        values = {setting.name: getattr(old, setting.name) for setting in config.ENVIRONMENT_VARIABLES}
        config.set_current(config.Config(values | {"SECRET_KEY": NEW_KEY, "SECRET_KEY_FALLBACKS": fallbacks}))
        app.config.update(SECRET_KEY=NEW_KEY, SECRET_KEY_FALLBACKS=list(fallbacks))
        app.session_interface = type(app.session_interface)()  # as in a process that was started anew

    yield rotate
    config.set_current(old)


def reply_address(mail) -> str:
    return parseaddr(mail.message["Reply-To"])[1]


def replies(session):
    session.expire_all()
    return [message.body for message in session.query(Message).order_by(Message.id)][1:]


@pytest.mark.parametrize(("kept", "said"), [(FALLBACK, [r"It \*\*works\*\* now."]), (REMOVED, [])])
def test_a_reply_to_an_earlier_mail_arrives_while_its_key_is_kept(app, session, mail, rotate, kept, said):
    rotate(kept)
    post = mail_samples.Post(app, session)
    assert post(mail_samples.reply(mail)).status_code == 200
    assert replies(session) == said
    assert post.last().state == ("done" if said else "quarantined")


@pytest.mark.parametrize("kept", [FALLBACK, REMOVED])
def test_a_mail_sent_after_the_rotation_can_be_answered(app, session, make, filed_ticket, mail, mailbox, rotate, kept):
    rotate(kept)
    tickets.reply(filed_ticket, author=make.agent("Maya"), body="Try again, please.")
    session.commit()
    worker_helpers.drain(session)
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    later = mailbox.list_for("dana@globex.example")[-1]
    assert later is not mail
    assert (reply_address(later) == reply_address(mail)) == (kept == FALLBACK)
    mail_samples.Post(app, session)(mail_samples.reply(later))
    assert replies(session) == ["Try again, please.", r"It \*\*works\*\* now."]


@pytest.mark.parametrize(("kept", "status"), [(FALLBACK, 200), (REMOVED, 404)])
def test_an_earlier_unsubscribe_link_works_while_its_key_is_kept(client, session, mail, rotate, kept, status):
    (path,) = set(re.findall(r"/unsubscribe/\d+/[\w-]+", str(mail.message["List-Unsubscribe"])))
    rotate(kept)
    session.rollback()
    assert client.get(path).status_code == status


@pytest.mark.parametrize(("kept", "status"), [(FALLBACK, 200), (REMOVED, 302)])
def test_whoever_was_signed_in_stays_so_while_the_key_is_kept(app, session, make, rotate, kept, status):
    client = signed_in_client(app, make.agent("Maya"))
    with app.app_context():
        assert client.get("/desk").status_code == 200
    rotate(kept)
    session.rollback()
    with app.app_context():
        assert client.get("/desk").status_code == status


@pytest.mark.parametrize("kept", [FALLBACK, REMOVED])
def test_an_earlier_sign_in_link_and_its_code_work_while_their_key_is_kept(session, make, rotate, kept):
    make.agent("Maya", email="maya@support.example")
    browsers = ("b" * 43, "c" * 43)
    by_link, by_code = (magic_links.request_link("maya@support.example", browser_token=one) for one in browsers)
    token, code = signed_links.link_token(by_link), signed_links.link_code(by_code)
    rotate(kept)
    by_link.used_at = None
    session.commit()
    if kept == FALLBACK:
        assert signed_links.link_token(by_link) == token, "a mail that is written again names the same address"
        assert magic_links.redeem_code(browsers[1], code).id == by_code.id
        assert magic_links.redeem(token, browsers[0]).id == by_link.id
        return
    assert magic_links.find_link(token) is None
    with pytest.raises(magic_links.LinkExpired):
        magic_links.redeem(token, browsers[0])
    with pytest.raises(magic_links.LinkExpired):
        magic_links.redeem_code(browsers[1], code)


@pytest.mark.parametrize(("kept", "verifies"), [(FALLBACK, [True, True]), (REMOVED, [False, True])])
def test_a_webhook_receiver_verifies_with_the_secret_it_knows(session, make, receiver, rotate, kept, verifies):  # noqa: F811
    admin = make.agent("Ada", role="admin")
    hook = webhooks.save_webhook(None, name="CRM", url=receiver.url, events=["ticket.filed"], actor=admin)
    session.commit()
    before = webhook_secrets.signing_secret(hook)
    rotate(kept)
    after = webhook_secrets.signing_secret(hook)
    webhooks.send_test(hook, actor=admin)
    session.commit()
    deliver(session)
    ((headers, body),) = receiver.got
    assert [verify(secret, headers, body) for secret in (before, after)] == verifies


def verify(secret: str, headers: dict, body: bytes) -> bool:
    """What a receiver of Standard Webhooks does: one of the signatures must be its own."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return expected in headers["webhook-signature"].split(" ")


def test_a_mail_of_our_own_is_known_after_the_rotation(session, mail, rotate):
    before = signed_links.installation_id()
    rotate(FALLBACK)
    assert signed_links.installation_id() != before and before in signed_links.list_installation_ids()
    rotate(REMOVED)
    assert before not in signed_links.list_installation_ids()
