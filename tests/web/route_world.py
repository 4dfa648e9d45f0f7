"""The people who use the routes, a thing for each parameter of their addresses, and the application's routes."""

import re

from helpdesk import storage
from helpdesk.domain.authentication import sessions, signed_links
from helpdesk.models.attachment import Attachment
from helpdesk.models.message import Message
from helpdesk.models.qa_review import ReviewCriterion
from helpdesk.models.saved_report import SavedReport
from helpdesk.models.session import Session
from helpdesk.models.thread import Thread
from helpdesk.models.user import Identity, Membership
from tests.web.permissions_table import VALUES


class World:
    """The people who send requests, and what the addresses name: things of the requester's organization."""

    def __init__(self, make, session):
        self.session = session
        globex = make.organization()
        form = make.form(f"form-{globex.id}", fields=({"key": "room"},))
        self.people = {
            "stranger": None,
            "outsider": make.user(make.organization()),
            "requester": make.user(globex),
            "agent": make.agent(role="agent"),
            "lead": make.agent(role="lead"),
            "admin": make.agent(role="admin"),
        }
        requester = self.people["requester"]
        session.add(
            Membership(user_id=requester.id, organization_id=globex.id, ticket_visibility="organization", is_admin=True)
        )
        ticket, other = make.ticket(requester, form=form), make.ticket(requester)
        spare, colleague = make.user(globex), make.user(globex)
        message = session.query(Message).filter_by(ticket_id=ticket.id).one()
        mine = Identity(user_id=requester.id, provider="google", issuer="i", subject=f"mine {globex.id}")
        theirs = Identity(user_id=spare.id, provider="google", issuer="i", subject=f"theirs {globex.id}")
        kept, draft = f"kept{globex.id:030}", f"draft{globex.id:030}"
        for key, values in (
            (kept, {"message_id": message.id, "ticket_id": ticket.id, "organization_id": globex.id}),
            (draft, {}),
        ):
            storage.write(key, b"words")
            session.add(
                Attachment(key=key, name="a.txt", media_type="text/plain", size=5, uploader_id=requester.id, **values)
            )
        thread = session.query(Thread).filter_by(ticket_id=ticket.id, user_id=requester.id).one()
        view = saved_view(self.people["agent"])
        session.add_all([mine, theirs, view])
        desk = things_of_the_desk(session, self.people["admin"], globex, thread)
        mail_id = mail_that_waits(session)
        sessions.create_session(requester, "link")
        session.commit()
        self.parameters = {
            "number": ticket.id,
            "draft_name": f"message-{ticket.id}",
            "other_number": other.id,
            "message_id": message.id,
            "organization_id": globex.id,
            "user_id": spare.id,
            "identity_id": mine.id,
            "session_id": session.query(Session).filter_by(user_id=requester.id).first().id,
            "form_id": form.form_id,
            "thread_id": thread.id,
            "view_id": view.id,
            "token": signed_links.unsubscribe_token(thread),
            "key": kept,
            "method": "link",
            "path": "Users",
            "filename": "css/app.css",
            "passkey_id": passkey_of(session, make.agent()),
            "slug": globex.slug,
            "mail_id": mail_id,
            "article_id": article_of(session, self.people["lead"]),
            **review_things(session, self.people["lead"]),
            **reorganized_things(session, self.people["admin"], spare),
            **sign_in_connection(session, globex),
        } | desk
        self.of_rule = {
            "/settings/setup/connections/<name>": {"name": "mail"},
            "/settings/setup/connections/<name>/delete": {"name": "mail"},
            "/settings/setup/connections/<name>/test": {"name": "mail"},
            "/files/<key>/delete": {"key": draft},
            "/settings/portal/logo/<any(logo_dark, favicon, logo_mail):name>": {"name": "favicon"},
            "/settings/portal/logo/<any(logo_dark, favicon, logo_mail):name>/delete": {"name": "favicon"},
            "/logo/<any(logo_dark, favicon):name>": {"name": "favicon"},
            "/tickets/<int:number>/answers/<key>": {"key": "room"},
            "/settings/forms/<int:form_id>/fields/<key>": {"key": "room"},
            "/settings/forms/<int:form_id>/fields/<key>/delete": {"key": "room"},
            "/settings/forms/<int:form_id>/fields/<key>/place": {"key": "room"},
            "/settings/people/<int:user_id>/role": {"user_id": make.agent().id},
            "/settings/people/<int:user_id>/identities/<int:identity_id>/delete": {"identity_id": theirs.id},
            "/settings/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/retry": {"delivery_id": desk["call_id"]},
            "/settings/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/replay": {"delivery_id": desk["call_id"]},
            "/settings/translations/<language>": {"language": "de"},
            "/sign-in/link/<token>": {"token": "t" * 43},
            "/tickets/<int:number>/followers/<int:user_id>/delete": {"user_id": colleague.id},
        }

    def address(self, rule: str) -> str:
        """``rule`` with a value for each of its parameters."""
        known = self.parameters | self.of_rule.get(rule, {})
        missing = [name for name in re.findall(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", rule) if name not in known]
        assert not missing, f"tests/web/route_world.py: tell World what <{missing[0]}> is in {rule}"
        return re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda match: str(known[match[1]]), rule)

    def form(self, route: str) -> dict:
        return {name: str(self.parameters.get(value, value)) for name, value in VALUES.get(route, {}).items()}


def review_things(session, lead) -> dict[str, int]:
    """A saved report and a criterion of the scorecard."""
    report, criterion = SavedReport(name="Mondays", owner_id=lead.id), ReviewCriterion(name="Tone")
    session.add_all([report, criterion])
    session.commit()
    return {"report_id": report.id, "criterion_id": criterion.id}


def article_of(session, lead) -> int:
    """A published article, which is read by people who are signed in."""
    from helpdesk.domain.knowledge_base import articles

    text = articles.ArticleText("Printing", "Press the button.", "Start", "en", "signed_in", is_published=True)
    made = articles.save_article(None, text, actor=lead).id
    session.commit()
    return made


def reorganized_things(session, admin, person) -> dict:
    """A finished operation that can be undone, and another address of ``person``."""
    from helpdesk.models.operation import Operation
    from helpdesk.models.user import UserAlias

    operation = Operation(kind="merge_people", state="done", source_id=0, actor_id=admin.id, data={})
    alias = UserAlias(user_id=person.id, email=f"alias{person.id}@globex.example")
    session.add_all([operation, alias])
    session.flush()
    return {"operation_id": operation.id, "alias_id": alias.id}


def sign_in_connection(session, organization) -> dict:
    from helpdesk.models.sign_in_connection import ConnectionDomain, SignInConnection

    connection = SignInConnection(
        organization_id=organization.id,
        name="Okta",
        issuer="https://login.globex.invalid",
        client_id="portal",
        role_rules=[],
    )
    connection.domains = [ConnectionDomain(domain="globex.example")]
    session.add(connection)
    session.flush()
    return {"connection_id": connection.id, "domain_id": connection.domains[0].id, "domain": "globex.example"}


def saved_view(agent):
    from helpdesk.models.saved_view import SavedView

    return SavedView(owner_id=agent.id, name="Mine", filters={}, shared=False)


def passkey_of(session, agent) -> int:
    from helpdesk.models.second_factor import Passkey

    passkey = Passkey(user_id=agent.id, credential_id=f"key-{agent.id}", public_key=b"", name="Telephone")
    session.add(passkey)
    session.flush()
    return passkey.id


def mail_that_waits(session) -> int:
    import secrets

    from helpdesk.models.inbound_event import InboundEvent

    mail = InboundEvent(
        source="email", external_id=secrets.token_hex(8), state="quarantined", raw=b"From: a@b.example\r\n\r\nHello\r\n"
    )
    session.add(mail)
    session.flush()
    return mail.id


def things_of_the_desk(session, admin, organization, thread) -> dict:
    """A reply of the team, a webhook and its call, a token, a holiday, a channel, a delivery that waits."""
    from datetime import date

    from helpdesk.models.api_token import ApiToken
    from helpdesk.models.canned_reply import CannedReply
    from helpdesk.models.channel import Channel
    from helpdesk.models.delivery import Delivery
    from helpdesk.models.rule import Rule
    from helpdesk.models.sla import Holiday
    from helpdesk.models.tag import Tag
    from helpdesk.models.webhook import Webhook

    reply, tag = CannedReply(title="Hello", body="Hello"), Tag(name=f"tag-{organization.id}")
    webhook = Webhook(name="CRM", url="https://hooks.example.com/", events=["ticket.filed"])
    token = ApiToken(user_id=admin.id, name="CI", shown="hd_", token_hash=f"{organization.id:064}", scopes=[])
    channel = Channel(
        kind="slack", external_id=f"C0{organization.id:08}", audience="customer", organization_id=organization.id
    )
    rule = Rule(name="Refunds", trigger="filed", actions={"priority": "high"})
    session.add_all([reply, tag, webhook, token, channel, rule])
    session.merge(Holiday(day=date(2026, 12, 25), name="Christmas"))
    session.flush()
    waiting = Delivery(kind="message", thread=thread, state="failed")
    call = Delivery(
        kind="webhook", queue_key="mail", subject_id=webhook.id, state="failed", data={"payload": {"event": "test"}}
    )
    session.add_all([waiting, call])
    session.flush()
    return {
        "reply_id": reply.id,
        "tag_id": tag.id,
        "webhook_id": webhook.id,
        "token_id": token.id,
        "channel_id": channel.id,
        "day": "2026-12-25",
        "delivery_id": waiting.id,
        "call_id": call.id,
        "name": "reply",
        "row_id": 1,
        "notification_id": 1,
        "rule_id": rule.id,
        "browser_id": 1,
    }


def routes(app) -> list[str]:
    return sorted(
        f"{method} {rule.rule}" for rule in app.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"}
    )


def csrf_of(client) -> str:
    for page in ("/no-such-page", "/sign-in"):  # the shortest with a token
        found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(page).text)
        if found:
            return found[1]
    raise AssertionError("no page with a token")
