"""Inserts the corpus, which the file named by the first argument has as JSON lines, and prints sign-ins as JSON.

Runs in django-helpdesk's own environment: ``python fill.py FILE``.
"""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model  # noqa: E402
from django.contrib.sessions.backends.cached_db import SessionStore  # noqa: E402
from django.contrib.sites.models import Site  # noqa: E402
from django.db import transaction  # noqa: E402

from helpdesk.models import FollowUp, Queue, Ticket  # noqa: E402

BATCH = 5000
OPEN, RESOLVED, CLOSED = 1, 3, 4
STATUSES = {"solved": RESOLVED, "closed": CLOSED}
SESSIONS = 40  # of each person who signs in
BACKEND = "django.contrib.auth.backends.ModelBackend"


def main(file: Path) -> None:
    """Insert everything in one transaction."""
    with file.open() as lines, transaction.atomic():
        head = json.loads(next(lines))
        Site.objects.update_or_create(id=1, defaults={"domain": "127.0.0.1", "name": "bench"})
        queue = Queue.objects.create(title="Support", slug="support", allow_public_submission=True)
        users = make_users(head)
        for field in (Ticket._meta.get_field("created"), Ticket._meta.get_field("modified")):
            field.auto_now = field.auto_now_add = False
        records = (json.loads(line) for line in lines)
        while batch := list(islice(records, BATCH)):
            Ticket.objects.bulk_create([make_ticket(record, queue, users) for record in batch])
            FollowUp.objects.bulk_create([each for record in batch for each in make_follow_ups(record, users)], 2000)
    people = {role: make_sessions(users[email]) for role, email in head["sign_in"].items()}
    owners = dict(Ticket.objects.filter(id__in=head["answered"]).values_list("id", "assigned_to"))
    print(json.dumps({"queue": queue.id, "owners": owners, "sessions": people}))


def make_users(head: dict) -> dict:
    """One user for each customer and agent, by email address."""
    people = get_user_model()
    users = {email: people.objects.create_user(email, email, None) for email in head["customers"]}
    for email in head["agents"]:
        users[email] = people.objects.create_user(email, email, None, is_staff=True, is_superuser=True)
    return users


def make_ticket(record: dict, queue: Queue, users: dict) -> Ticket:
    """A row, with the first message as its description."""
    return Ticket(
        id=record["id"],
        title=record["subject"],
        queue=queue,
        created=datetime.fromisoformat(record["created"]),
        modified=datetime.fromisoformat(record["updated"]),
        submitter_email=record["customer"],
        assigned_to=users.get(record["agent"]),
        status=STATUSES.get(record["status"], OPEN),
        description=record["messages"][0]["body"],
    )


def make_follow_ups(record: dict, users: dict) -> Iterator[FollowUp]:
    """A row for each message; the first repeats the description, as when a ticket is filed."""
    for place, message in enumerate(record["messages"]):
        yield FollowUp(
            ticket_id=record["id"],
            date=datetime.fromisoformat(message["created"]),
            title="Comment" if place else "Ticket Opened Via Web",
            comment=message["body"],
            public=not message["is_note"],
            user=users.get(message["agent"]),
        )


def make_sessions(user) -> list[str]:
    """Keys of sessions in which ``user`` is signed in."""
    keys = []
    for _ in range(SESSIONS):
        session = SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), BACKEND
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        keys.append(session.session_key)
    return keys


if __name__ == "__main__":
    main(Path(sys.argv[1]))
