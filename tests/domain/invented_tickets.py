"""120 invented tickets of 70 days with everything that a report counts, as rows and as plain dictionaries."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select

from helpdesk.models.event import Event
from helpdesk.models.message import Message
from helpdesk.models.rating import Rating
from helpdesk.models.sla import SlaTimer
from helpdesk.models.tag import Tag, TicketTag
from helpdesk.models.ticket import Ticket

NOW = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)  # a Wednesday
DAYS = 70
WAITING = {"open": "team", "in_progress": "team", "pending": "customer", "on_hold": "third_party"}
TICKET_COLUMNS = (
    "id organization_id requester_id assignee_id form_version_id subject status priority created_at updated_at turn_since"
    " first_response_at solved_at closed_at"
).split()


def insert_tickets(session, make) -> list[dict]:
    """Insert them, always the same, and return them. Does not commit."""
    chance = random.Random(4)
    requesters = [make.user(make.organization(name)) for name in ("Globex", "Initech", "Umbra")]
    agents = [make.agent(name).id for name in ("Maya", "Jonas")]
    versions = [make.form("billing").id, make.form("other").id, None]
    session.add_all([Tag(name="refund"), Tag(name="vip")])
    session.flush()
    tags = dict(session.execute(select(Tag.name, Tag.id)).all())
    made = [_invent_ticket(chance, requesters, agents, versions, number) for number in range(1, 121)]
    rows = defaultdict(list)
    for ticket in made:
        rows[Ticket].append({key: ticket[key] for key in TICKET_COLUMNS})
        owner = {"ticket_id": ticket["id"], "organization_id": ticket["organization_id"]}
        for seq, (at, kind, old, new) in enumerate(ticket["history"], 1):
            rows[Event].append({**owner, "seq": seq, "kind": kind, "data": {"old": old, "new": new}, "created_at": at})
        for seq, (at, from_team, kind, deleted) in enumerate(ticket["replies"], 100):
            said = {"seq": seq, "kind": kind, "from_team": from_team, "body": "x", "created_at": at}
            rows[Message].append({**owner, **said, "deleted_at": at if deleted else None})
        if ticket["score"]:
            rows[Rating].append({"ticket_id": ticket["id"], "score": ticket["score"], "created_at": NOW})
        rows[SlaTimer] += [{"ticket_id": ticket["id"], "target": 60, **timer} for timer in ticket["timers"]]
        rows[TicketTag] += [{"ticket_id": ticket["id"], "tag_id": tags[name]} for name in ticket["tags"]]
    for table, values in rows.items():
        session.execute(insert(table), values)
    return made


def _invent_ticket(chance, requesters, agents, versions, number):
    requester = chance.choice(requesters)
    created = NOW - timedelta(minutes=chance.randrange(DAYS * 1440))
    at, status, history, replies = created, "open", [], []
    for _ in range(chance.randrange(7)):
        at += timedelta(minutes=chance.randrange(1, 6000))
        if at >= NOW:
            break
        new = chance.choice([each for each in (*WAITING, "solved", "solved") if each != status])
        kind = "solved" if new == "solved" else "reopened" if status == "solved" else "status"
        history.append((at, kind, status, new))
        status = new
    solved = history[-1][0] if status == "solved" else None
    for _ in range(chance.randrange(4)):
        said = created + timedelta(minutes=chance.randrange(1, 4000))
        replies.append(
            (said, chance.random() < 0.7, "note" if chance.random() < 0.2 else "reply", chance.random() < 0.1)
        )
    answered = created + timedelta(minutes=chance.randrange(2, 3000)) if chance.random() < 0.8 else None
    timers = []
    for kind, ended in (("first_response", answered), ("resolution", solved)):
        if chance.random() < 0.8:
            due = None if ended else created + timedelta(minutes=chance.randrange(10, 9000))
            is_late = ended is not None and chance.random() < 0.3
            timers.append({"kind": kind, "stopped_at": ended, "due_at": due, "breached": is_late})
    return {
        "id": number,
        "organization_id": requester.organization_id,
        "requester_id": requester.id,
        "assignee_id": chance.choice([*agents, None]),
        "form_version_id": chance.choice(versions),
        "subject": f"Ticket {number}",
        "status": status,
        "priority": chance.choice(("low", "normal", "urgent")),
        "created_at": created,
        "updated_at": at,
        "turn_since": at,
        "first_response_at": answered if answered and answered < NOW else None,
        "solved_at": solved,
        "closed_at": None,
        "history": history,
        "replies": replies,
        "score": chance.randrange(1, 6) if solved and chance.random() < 0.5 else None,
        "timers": timers,
        "tags": chance.choice(((), ("refund",), ("refund", "vip"))),
    }
