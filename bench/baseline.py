"""The baseline: a bare Flask view with one query and a template of the same rows. Pages are compared with it.

Served by gunicorn as ``bench.baseline:asgi_app``, over the database that DATABASE_URL names.
"""

import os

from flask import Flask, render_template
from jinja2 import DictLoader
from sqlalchemy import create_engine, text

from helpdesk.wsgi_adapter import WsgiAdapter

LIST_TEMPLATE = """<!doctype html><title>Tickets</title><h1>Tickets</h1><ul>
{% for row in rows %}<li id="ticket-{{ row.id }}"><a href="/tickets/{{ row.id }}">#{{ row.id }} {{ row.subject }}</a>
<span>{{ row.status }}</span> <span>{{ row.name }}</span> <p>{{ row.excerpt }}</p>
<time>{{ row.updated_at }}</time></li>
{% endfor %}</ul>"""
TICKET_TEMPLATE = """<!doctype html><title>Ticket</title><section>
{% for row in rows %}<article id="message-{{ row.id }}"><b>{{ row.author_name }}</b><time>{{ row.created_at }}</time>
<div>{{ row.rendered|safe }}</div></article>{% endfor %}</section>"""

app = Flask(__name__)
asgi_app = WsgiAdapter(app, threads=8)
app.jinja_loader = DictLoader(
    {"list.html": LIST_TEMPLATE, "ticket.html": TICKET_TEMPLATE}
)  # compiled once, as the product's are
engine = create_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"), pool_size=20)

NEWEST_TICKETS_QUERY = text(
    "SELECT t.id, t.subject, t.status, t.excerpt, t.updated_at, u.name FROM tickets t"
    " JOIN users u ON u.id = t.requester_id"
    " WHERE t.organization_id = :organization ORDER BY t.updated_at DESC, t.id DESC LIMIT 25"
)
MESSAGES_QUERY = text(
    "SELECT id, author_name, created_at, rendered FROM messages WHERE ticket_id = :number ORDER BY seq"
)


@app.get("/list/<int:organization>")
def list_tickets(organization: int) -> str:
    """The newest 25 tickets of an organization."""
    with engine.connect() as connection:
        rows = connection.execute(NEWEST_TICKETS_QUERY, {"organization": organization}).all()
    return render_template("list.html", rows=rows)


@app.get("/ticket/<int:number>")
def show_ticket(number: int) -> str:
    """A ticket's messages."""
    with engine.connect() as connection:
        rows = connection.execute(MESSAGES_QUERY, {"number": number}).all()
    return render_template("ticket.html", rows=rows)


@app.get("/healthz")
def healthz() -> str:
    """Whether the process answers."""
    return "ok"
