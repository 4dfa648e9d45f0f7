"""A person whose words stand in every column that a person's words can reach, and the search for what is left."""

from sqlalchemy import LargeBinary, String, cast, select, text

from helpdesk import storage
from helpdesk.domain import tickets
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.delivery import Delivery
from helpdesk.models.inbound_content import InboundContent
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.qa_review import QaReview
from helpdesk.models.rating import Rating
from helpdesk.models.user import User


def file(session, message, key="k" * 32):
    storage.write(key, b"numbers")
    session.add(
        Attachment(
            key=key,
            name="a.csv",
            media_type="text/csv",
            size=7,
            message=message,
            ticket_id=message.ticket_id,
            organization_id=message.organization_id,
            uploader_id=message.author_id,
        )
    )
    session.commit()


def everywhere(session, word: str) -> list[str]:
    """The tables and columns that contain ``word``."""
    session.expire_all()
    found = []
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, LargeBinary):
                holds = any(word.encode() in (each or b"") for each in session.scalars(select(column)))
            else:
                holds = session.scalar(select(1).select_from(table).where(cast(column, String).contains(word)).limit(1))
            if holds:
                found.append(f"{table.name}.{column.name}")
    return found


def plant(session, make, admin) -> User:
    """A person whose word "zanzibar" stands in every column that a person's words can reach."""
    globex = make.organization("Globex", slack="C0GLOBEX001")
    ann = make.user(globex, "Annabella Quisling", slack_user_id="U0ANN")
    version = make.form("default", ({"key": "city"},))
    (field,) = version.fields
    filed = make.ticket(ann, "zanzibar broke", "zanzibar is broken", form=version, answers={"city": "zanzibar"})
    tickets.change_answer(filed, field, ["zanzibar town"], admin)
    other = make.ticket(make.user(globex, "Bob"), "Printer", "No ink")
    for ticket in (filed, other):
        message = tickets.reply(ticket, author=ann, body="zanzibar again")
        tickets.edit_message(message, body="zanzibar, edited", editor=ann)
        answer = tickets.reply(ticket, author=admin, body="We look into it.")
        answer.quoted = "> zanzibar again"
        file(session, message, key=str(ticket.id) * 32)
    session.add(Rating(ticket_id=filed.id, user_id=ann.id, score=1, comment="zanzibar"))
    session.add(QaReview(ticket_id=filed.id, reviewer_id=admin.id, agent_id=ann.id, rating="good", comment="zanzibar"))
    session.add(
        AuditEntry(action="invited", subject=ann.email, actor_id=admin.id, details={"value": [ann.email, ann.name]})
    )
    payloads = (
        ("slack", {"event": {"user": "U0ANN", "text": "zanzibar"}}, None, "done"),
        ("slack", {"user": {"id": "U0ANN"}, "value": "zanzibar"}, None, "done"),
        ("slack", {"event": {"message": {"user": "U0ANN", "text": "zanzibar"}}}, None, "ignored"),
        ("slack", {"event": {"previous_message": {"user": "U0ANN", "text": "zanzibar"}}}, None, "done"),
        ("slack", {"event": {"user": {"id": "U0ANN", "real_name": "Annabella", "title": "zanzibar"}}}, None, "done"),
        ("slack", {"command": "/ticket", "user_id": "U0ANN", "text": "zanzibar"}, None, "done"),
        ("email", {"from": ann.email}, b"zanzibar", "quarantined"),
        ("email", {"from": "bob@globex.example", "subject": "zanzibar"}, b"> zanzibar", "done"),
    )
    for number, (source, payload, raw, state) in enumerate(payloads):
        session.add(
            InboundEvent(
                source=source,
                external_id=f"planted {number}",
                payload=payload,
                raw=raw,
                state=state,
                result="zanzibar",
                ticket_id=other.id if number == 7 else None,
                content_key=f"planted {number}" if raw else None,
            )
        )
        if raw:  # a long mail has its content in parts
            session.add(InboundContent(key=f"planted {number}", number=1, data=raw))
    webhook = {"payload": {"event": "message.replied", "ticket": {"number": filed.id}, "message": {"body": "zanzibar"}}}
    session.add(Delivery(kind="webhook", queue_key="mail", state="sent", subject_id=1, data=webhook))
    session.commit()
    for delivery in session.scalars(select(Delivery).where(Delivery.thread_id.is_not(None))):
        hers = delivery.message is None or delivery.message.author_id == ann.id
        words = {"text": "zanzibar", "recipient": ann.email} if hers else {}
        delivery.data = {**delivery.data, **words, "file_id": "F1"}
        delivery.content, delivery.state = b"zanzibar", "sent"
    session.commit()
    return ann


ALSO_PLANTED = {
    "answers.text answers.value deliveries.content deliveries.data events.data inbound_events.payload",
    "inbound_contents.data inbound_events.raw inbound_events.result message_revisions.body messages.body messages.quoted messages.rendered",
    "qa_reviews.comment ratings.comment tickets.subject",
}


def in_search(session, word: str) -> list[int]:
    """The tickets with an entry in the search index that holds ``word``: as text, or as a word of the index itself."""
    session.expire_all()
    if session.get_bind().dialect.name == "sqlite":
        query = """SELECT rowid >> 24 FROM ticket_search WHERE subject || words LIKE '%' || :word || '%'
                   UNION SELECT rowid >> 24 FROM ticket_search WHERE ticket_search MATCH :word"""
    else:
        query = "SELECT DISTINCT ticket_id FROM ticket_search WHERE strpos(words::text, :word) > 0"
    rows = session.execute(text(query), {"word": word})
    return sorted(rows.scalars())
