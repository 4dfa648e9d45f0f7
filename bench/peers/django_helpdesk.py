"""django-helpdesk: installed by pip into an environment of its own, under gunicorn, and what is asked of it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg

from bench import processes
from bench.fault_injection.databases import PostgreSQL
from bench.peers.browser import Answer, Browser, read_hidden_fields
from bench.peers.corpus import COMMON_WORD, RARE_WORD, Corpus
from bench.peers.sites import Case, Counts, Site
from helpdesk.cli import supervisor

NAME = "django-helpdesk"
VERSION = "2.6.1"
REQUIREMENTS = (f"django-helpdesk=={VERSION}", "gunicorn", "psycopg[c]")
PROJECT = Path(__file__).resolve().parent / "django_project"
DATABASE = "django_helpdesk"
PROCESSES, THREADS = 2, 4
DEEP_START = 500  # the first ticket of the page twenty pages on
ALL_STATUSES = "status=1&status=2&status=3&status=4&status=5"
JSON_ROW = r'"ticket": "'
FOLLOW_UP = r"<div class='followup "
STAFF_FOLLOW_UP = r'list-group-item-action">\s*<div class="d-flex align-items-center">'
REPLY = "Thank you. We will *look* at it tomorrow."


class DjangoHelpdesk(Site):
    """A running django-helpdesk. ``environment``: the folder of its Python environment, made if it is not there."""

    name = NAME

    def __init__(self, folder: Path, environment: Path, workers: str):
        super().__init__()
        self.folder, self.environment, self.workers = folder, environment, workers
        self.python = environment / "bin" / "python"
        self.postgres = PostgreSQL(folder, options=())
        self.port = processes.find_free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.server: subprocess.Popen | None = None
        self.variables = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(PROJECT),
            "PYTHONSAFEPATH": "1",  # its package is named as ours, which the present folder may have
            "DJANGO_SETTINGS_MODULE": "settings",
            "PEERS_POSTGRESQL_FOLDER": str(self.postgres.folder),
        }

    def install(self) -> None:
        """Make its environment, unless an earlier run has."""
        if not self.python.exists():
            subprocess.run([sys.executable, "-m", "venv", self.environment], check=True)
            subprocess.run([self.python, "-m", "pip", "install", "--quiet", *REQUIREMENTS], check=True)

    def start(self) -> None:
        """Start PostgreSQL, and make the tables."""
        self.install()
        self.postgres.start()
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        self._run("-m", "django", "migrate", "--verbosity", "0")

    def fill(self, corpus: Corpus, agent_email: str) -> None:
        """Insert the corpus, let the database count it, and start the server."""
        self.corpus = corpus
        self.titles = {ticket.id: ticket.subject for ticket in corpus.tickets}
        data = self.folder / "corpus.jsonl"
        with data.open("w") as file:
            file.writelines(json.dumps(record) + "\n" for record in write_records(corpus, agent_email))
        self.made = json.loads(self._run(str(PROJECT / "fill.py"), str(data)))
        data.unlink()
        with psycopg.connect(self.postgres.get_url(DATABASE), autocommit=True) as connection:
            for table in ("helpdesk_ticket", "helpdesk_followup"):
                query = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
                connection.execute(query)
            connection.execute("VACUUM ANALYZE")
        kind = ["--worker-class", "gthread", "--threads", str(THREADS)] if self.workers == "gthread" else []
        command = [self.python, "-m", "gunicorn", "--workers", str(PROCESSES if kind else THREADS), *kind]
        command += ["--bind", f"127.0.0.1:{self.port}", "--log-level", "warning", "--keep-alive", "300", "--timeout"]
        command += ["120", "--no-control-socket", "django.core.wsgi:get_wsgi_application()"]
        with (self.folder / "gunicorn.log").open("ab") as log:
            self.server = subprocess.Popen(
                command,
                env=self.variables,
                cwd=PROJECT,  # gunicorn imports from the present folder, which may have ours
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=supervisor.die_with_parent,
            )
        processes.wait_for(lambda: processes.is_reachable(f"{self.address}/login/"), NAME)

    def describe(self) -> str:
        say = "import django, gunicorn; print(django.__version__, gunicorn.__version__)"
        django, gunicorn = self._run("-c", say).split()
        number = f"{PROCESSES} processes of {THREADS} threads" if self.workers == "gthread" else f"{THREADS} processes"
        return f"{NAME} {VERSION}: Django {django}, gunicorn {gunicorn} ({self.workers}, {number}), PostgreSQL"

    def sign_in(self, role: str) -> Browser:
        browser = Browser(self.address, {"sessionid": self.made["sessions"][role].pop()})
        page = "/tickets/" if role == "agent" else "/tickets/submit/"
        browser.fields = read_hidden_fields(browser.read(page, "csrfmiddlewaretoken"))
        return browser

    def make_cases(self) -> dict[str, Case]:
        corpus = self.corpus
        email = corpus.organizations[corpus.reader][1]
        public = f"/view/?ticket=support-{{}}&email={email}"
        all_tickets = find_query(self.people["agent"][0], f"/tickets/?{ALL_STATUSES}")
        cases = {
            "list, customer": Case("customer", read_own_list),
            "list, agent": Case("agent", lambda who, _: read_list(who, "/tickets/", 25)),
            "deep page": Case("agent", lambda who, _: read_rows(who, all_tickets, DEEP_START, 25)),
            "ticket of 5, customer": Case(
                "customer", lambda who, _: who.read(public.format(corpus.short), FOLLOW_UP, 5)
            ),
            "ticket of 5, agent": Case(
                "agent", lambda who, _: who.read(f"/tickets/{corpus.short}/", STAFF_FOLLOW_UP, 5)
            ),
            "ticket of 100, customer": Case(
                "customer", lambda who, _: who.read(public.format(corpus.long), FOLLOW_UP, 100)
            ),
            "ticket of 100, agent": Case(
                "agent", lambda who, _: who.read(f"/tickets/{corpus.long}/", STAFF_FOLLOW_UP, 100)
            ),
            "search rare, agent": Case("agent", lambda who, _: read_list(who, f"/tickets/?q={RARE_WORD}", 3)),
            "search common, agent": Case("agent", lambda who, _: read_list(who, f"/tickets/?q={COMMON_WORD}", 25)),
            "filing": Case("filer", self.file, adds=(1, 1)),
            "reply, agent": Case(
                "agent", lambda who, place: self.answer(who, corpus.agent_answered, place), adds=(0, 1)
            ),
            "reply on 100, agent": Case(
                "agent", lambda who, place: self.answer(who, corpus.long_answered, place), adds=(0, 1)
            ),
        }
        for role in ("customer", "agent"):
            cases[f"all of 100, {role}"] = cases[f"ticket of 100, {role}"]
        return cases

    def file(self, who: Browser, place: int) -> Answer:
        """File a ticket by the public form."""
        email = self.corpus.organizations[self.corpus.filer][1]
        values = {"csrfmiddlewaretoken": who.fields["csrfmiddlewaretoken"], "queue": str(self.made["queue"])}
        values |= {"title": f"Load {place}", "body": "It **beeps** all day.", "priority": "3", "due_date": ""}
        return who.send("/tickets/submit/", values | {"submitter_email": email}, r"/view/\?ticket=support-\d+")

    def answer(self, who: Browser, tickets: list[int], place: int) -> Answer:
        """Reply publicly as an agent, with the other fields of the form as they are."""
        id = tickets[place % len(tickets)]
        values = {"csrfmiddlewaretoken": who.fields["csrfmiddlewaretoken"], "comment": REPLY, "public": "1"}
        values |= {"new_status": "1", "title": self.titles[id], "priority": "3", "queue": str(self.made["queue"])}
        values |= {"owner": str(self.made["owners"][str(id)] or 0), "due_date": "", "time_spent": ""}
        return who.send(f"/tickets/{id}/update/", values, rf"/tickets/{id}/")

    def count(self) -> Counts:
        with psycopg.connect(self.postgres.get_url(DATABASE)) as connection:
            query = "SELECT (SELECT count(*) FROM helpdesk_ticket), (SELECT count(*) FROM helpdesk_followup)"
            found = connection.execute(query).fetchone()
        return found[0], found[1]

    def list_app_pids(self) -> list[int]:
        return [self.server.pid]

    def list_database_pids(self) -> list[int]:
        return [self.postgres.pid]

    def stop(self) -> None:
        if self.server is not None:
            supervisor.stop_processes([self.server], 20)
        self.postgres.stop()

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [self.python, *arguments], env=self.variables, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{NAME}: {' '.join(arguments)[:100]}: {done.stderr[-2000:]}")
        return done.stdout


def write_records(corpus: Corpus, agent_email: str) -> Iterator[dict]:
    """The head of the file, and a record for each ticket."""
    emails = {id: email for id, (_, email) in corpus.organizations.items()}
    agents = {id: email for id, (_, email) in corpus.agents.items()}
    yield {
        "customers": [*emails.values()],
        "agents": [*agents.values()],
        "answered": [*corpus.agent_answered, *corpus.long_answered],
        "sign_in": {"customer": emails[corpus.reader], "filer": emails[corpus.filer], "agent": agent_email},
    }
    for ticket in corpus.tickets:
        yield {
            "id": ticket.id,
            "customer": emails[ticket.organization_id],
            "agent": agents.get(ticket.agent_id, ""),
            "subject": ticket.subject,
            "status": ticket.status,
            "created": ticket.created_at.isoformat(),
            "updated": ticket.updated_at.isoformat(),
            "messages": [
                {
                    "agent": agents.get(message.agent_id, ""),
                    "is_note": message.is_note,
                    "body": message.body,
                    "created": message.created_at.isoformat(),
                }
                for message in ticket.messages
            ],
        }


def read_own_list(who: Browser, place: int) -> None:
    """The customer's page, and the tickets that it asks for."""
    who.read("/tickets/my-tickets/", "ticketsTable")
    who.read("/api/user_tickets/?page=1", r'"title":', 25, {"Accept": "*/*", "X-Requested-With": "XMLHttpRequest"})


def read_list(who: Browser, path: str, rows: int) -> None:
    """The agents' page, and the rows that it asks for."""
    read_rows(who, find_query(who, path), 0, rows)


def find_query(who: Browser, path: str) -> str:
    """The address at which the page at ``path`` asks for its rows."""
    page = who.read(path, "ticketTable")
    return re.search(r"(/datatables_ticket_list/[A-Za-z0-9+/=]+)", page)[1]


def read_rows(who: Browser, address: str, start: int, rows: int) -> None:
    """25 rows as the agents' page asks for them."""
    asked = f"draw=1&start={start}&length=25&search%5Bvalue%5D=&search%5Bregex%5D=false"
    headers = {"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"}
    who.read(f"{address}?{asked}", JSON_ROW, rows, headers)
