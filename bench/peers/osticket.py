"""osTicket: set up from a folder with its release by its own installer, filled in SQL, and what is asked of it."""

import json
import re
import shutil
import threading
from pathlib import Path

from bench.peers import osticket_rows, php_servers
from bench.peers.browser import Answer, Browser, read_hidden_fields
from bench.peers.corpus import COMMON_WORD, RARE_WORD, Corpus
from bench.peers.sites import Case, Counts, Site

NAME = "osTicket"
DATABASE, PASSWORD = "osticket", "Bench-1-Secret"  # noqa: S105, of a database that is thrown away
AGENT = "priya"
OPEN_QUEUE, CLOSED_QUEUE = 1, 8
DEEP_PAGE = 21
ROW = r'class="link truncate" href="tickets\.php\?id=\d+"'
STAFF_ROW = r'data-preview="#tickets/\d+/preview"'
# What an administrator can switch off: mails and alerts, which would be sent within the request, and locks of tickets,
# which cost requests of their own.
SWITCHED_OFF = (
    "ticket_autoresponder message_autoresponder ticket_notice_active ticket_alert_active message_alert_active"
    " note_alert_active assigned_alert_active transfer_alert_active overdue_alert_active ticket_lock"
    " send_sys_errors send_sql_errors send_login_errors enable_auto_cron"
).split()


class OsTicket(Site):
    """A running osTicket."""

    name = NAME

    def __init__(self, folder: Path, release: Path, jit: str):
        super().__init__()
        self.folder, self.release = folder, release
        self.servers = php_servers.PhpServers(folder, folder / "site", jit)

    def start(self) -> None:
        """Copy the release, start the servers and run the installer."""
        site = self.folder / "site"
        shutil.copytree(self.release, site)
        settings = site / "include" / "ost-config.php"
        shutil.copy(site / "include" / "ost-sampleconfig.php", settings)
        settings.chmod(0o666)
        self.servers.start()
        self.servers.run_sql(
            f"CREATE DATABASE {DATABASE} CHARACTER SET utf8; GRANT ALL ON {DATABASE}.* TO osticket@localhost"
            f" IDENTIFIED BY '{PASSWORD}';",
            "mysql",
        )
        values = {"s": "install", "name": "Bench", "email": "help@support.example", "lang_id": "en_US"}
        values |= {"fname": "Priya", "lname": "Agent", "admin_email": "priya@support.example", "username": AGENT}
        values |= {"passwd": PASSWORD, "passwd2": PASSWORD, "prefix": "ost_", "timezone": "UTC"}
        values |= {"dbhost": "localhost", "dbname": DATABASE, "dbuser": "osticket", "dbpass": PASSWORD}
        installer = Browser(self.servers.address)
        installer.read("/setup/install.php", "osTicket")
        installer.send("/setup/install.php", values, "Congratulations")
        installer.close()
        settings.chmod(0o644)
        shutil.rmtree(site / "setup")
        for name in SWITCHED_OFF:
            self.servers.run_sql(
                f"DELETE FROM ost_config WHERE namespace = 'core' AND `key` = '{name}';"
                f"INSERT INTO ost_config (namespace, `key`, value, updated) VALUES ('core', '{name}', '0', NOW());"
            )

    def describe(self) -> str:
        version = re.search(r"define\('MAJOR_VERSION', '([^']+)'", (self.release / "bootstrap.php").read_text())
        jit = self.servers.jit
        return f"osTicket {version[1] if version else '?'}: {self.servers.describe()}, OPcache with JIT of {jit}"

    def fill(self, corpus: Corpus, agent_email: str) -> None:
        """Insert the corpus, index it, and let the database count it."""
        self.corpus = corpus
        password = php_servers.run_php(f"echo password_hash('{PASSWORD}', PASSWORD_BCRYPT, ['cost' => 8]);")
        rows = osticket_rows.make_rows(corpus, agent_email, password.replace("$2y$", "$2a$"))
        data = self.folder / "rows.tsv"
        for table, columns in osticket_rows.COLUMNS.items():
            with data.open("w") as file:
                file.writelines(map(osticket_rows.format_row, rows[table]))
            names = ", ".join(f"`{name}`" for name in columns.split())
            self.servers.run_sql(
                f"SET sql_mode = '', foreign_key_checks = 0; LOAD DATA LOCAL INFILE '{data}' INTO TABLE `ost_{table}`"
                f" CHARACTER SET utf8mb4 ({names});"
            )
            counted = int(self.servers.run_sql(f"SELECT COUNT(*) FROM `ost_{table}`;"))
            if counted < len(rows[table]):
                raise SystemExit(f"osTicket's table {table} has {counted} rows of {len(rows[table])}")
        data.unlink()
        self.servers.run_sql("UPDATE ost_sequence SET next = 900000 WHERE id = 1;")
        self.servers.run_sql("SET GLOBAL innodb_optimize_fulltext_only = ON; OPTIMIZE TABLE ost__search;")
        self.servers.run_sql("SET GLOBAL innodb_optimize_fulltext_only = OFF;")
        for table in osticket_rows.COLUMNS:
            self.servers.run_sql(f"ANALYZE TABLE `ost_{table}`;")

    def sign_in(self, role: str) -> Browser:
        browser = Browser(self.servers.address)
        if role == "agent":
            fields = read_hidden_fields(browser.read("/scp/login.php", "userid"))
            browser.send("/scp/login.php", fields | {"userid": AGENT, "passwd": PASSWORD}, r"index\.php")
            browser.read("/scp/tickets.php", STAFF_ROW)
            return browser
        fields = read_hidden_fields(browser.read("/login.php", "luser"))
        email = self.corpus.organizations[self.corpus.filer if role == "filer" else self.corpus.reader][1]
        browser.send("/login.php", fields | {"luser": email, "lpasswd": PASSWORD}, r"tickets\.php")
        return browser

    def make_cases(self) -> dict[str, Case]:
        corpus, common, rare = self.corpus, COMMON_WORD, RARE_WORD
        client, staff = "/tickets.php", "/scp/tickets.php"
        search = "a=search&keywords"
        forms = _Forms()
        cases = {
            "list, customer": Case("customer", lambda who, _: who.read(f"{client}?{search}=&status=closed", ROW, 25)),
            "list, agent": Case("agent", lambda who, _: who.read(f"{staff}?queue={OPEN_QUEUE}", STAFF_ROW, 25)),
            "deep page": Case(
                "agent", lambda who, _: who.read(f"{staff}?queue={CLOSED_QUEUE}&p={DEEP_PAGE}", STAFF_ROW, 25)
            ),
            "ticket of 5, customer": Case("customer", lambda who, _: read_ticket(who, client, corpus.short, 5)),
            "ticket of 5, agent": Case("agent", lambda who, _: read_ticket(who, staff, corpus.short, 5)),
            "ticket of 100, customer": Case("customer", lambda who, _: read_ticket(who, client, corpus.long, 100)),
            "ticket of 100, agent": Case("agent", lambda who, _: read_ticket(who, staff, corpus.long, 100)),
            "search rare, customer": Case(
                "customer", lambda who, _: who.read(f"{client}?{search}={rare}&status=open", ROW, 3)
            ),
            "search rare, agent": Case(
                "agent", lambda who, _: who.read(f"{staff}?a=search&query={rare}", STAFF_ROW, 3)
            ),
            "search common, customer": Case(
                "customer", lambda who, _: who.read(f"{client}?{search}={common}&status=closed", ROW, 5)
            ),
            "search common, agent": Case(
                "agent", lambda who, _: who.read(f"{staff}?a=search&query={common}", STAFF_ROW, 25)
            ),
            "filing": Case("filer", forms.file, adds=(1, 1), prepare=forms.open),
            "reply, customer": Case(
                "customer", lambda who, place: forms.reply(who, corpus.customer_answered, place), adds=(0, 1)
            ),
            "reply, agent": Case(
                "agent", lambda who, place: forms.answer(who, corpus.agent_answered, place), adds=(0, 1)
            ),
            "reply on 100, agent": Case(
                "agent", lambda who, place: forms.answer(who, corpus.long_answered, place), adds=(0, 1)
            ),
        }
        for role in ("customer", "agent"):
            cases[f"all of 100, {role}"] = cases[f"ticket of 100, {role}"]
        return cases

    def count(self) -> Counts:
        found = self.servers.run_sql("SELECT COUNT(*) FROM ost_ticket; SELECT COUNT(*) FROM ost_thread_entry;").split()
        return int(found[0]), int(found[1])

    def list_app_pids(self) -> list[int]:
        return self.servers.list_app_pids()

    def list_database_pids(self) -> list[int]:
        return self.servers.list_database_pids()

    def stop(self) -> None:
        self.servers.stop()


def read_ticket(who: Browser, page: str, id: int, messages: int) -> str:
    """A ticket's page with all its messages."""
    return who.read(f"{page}?id={id}", r'<div class="thread-entry ', messages)


class _Forms:
    """The forms of each session, read once: names of fields are made from the session's number."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], dict[str, str]] = {}
        self._reading = threading.Lock()

    def open(self, who: Browser, place: int) -> None:
        """Read the form for a new ticket: with each ticket the session gets a new number, and its fields new names."""
        token = read_hidden_fields(who.read("/open.php", "topicId"))["__CSRFToken__"]
        asked = {"X-Requested-With": "XMLHttpRequest", "Referer": f"{who.address}/open.php"}
        form = json.loads(who.read(f"/ajax.php/form/help-topic/{osticket_rows.TOPIC}", "html", headers=asked))["html"]
        subject, message = _find_names(form)
        who.fields = {"__CSRFToken__": token, "subject": subject, "body": message}

    def file(self, who: Browser, place: int) -> Answer:
        """File a ticket."""
        values = {"a": "open", "topicId": str(osticket_rows.TOPIC), "__CSRFToken__": who.fields["__CSRFToken__"]}
        values |= {who.fields["subject"]: f"Load {place}", who.fields["body"]: "<p>It <b>beeps</b> all day.</p>"}
        return who.send("/open.php", values, r"tickets\.php\?id=\d+")

    def reply(self, who: Browser, tickets: list[int], place: int) -> Answer:
        id = tickets[place % len(tickets)]
        known = self._read(who, f"/tickets.php?id={id}")
        values = {"id": str(id), "a": "reply", "__CSRFToken__": known["__CSRFToken__"]}
        values[known["message"]] = "<p>Thank you. We will <i>look</i> at it tomorrow.</p>"
        return who.send(f"/tickets.php?id={id}", values, "Message Posted Successfully")

    def answer(self, who: Browser, tickets: list[int], place: int) -> Answer:
        id = tickets[place % len(tickets)]
        known = self._read(who, f"/scp/tickets.php?id={id}")
        values = {"id": str(id), "a": "reply", "__CSRFToken__": known["__CSRFToken__"], "msgId": known.get("msgId", "")}
        values |= {"lockCode": "", "reply-to": "none", "signature": "none", "reply_status_id": "1", "draft_id": ""}
        values |= {"response": "<p>Thank you. We will <i>look</i> at it tomorrow.</p>"}
        return who.send(f"/scp/tickets.php?id={id}", values, r"tickets\.php")

    def _read(self, who: Browser, path: str) -> dict[str, str]:
        key = (id(who), path)
        with self._reading:
            if key not in self._known:
                page = who.read(path, "__CSRFToken__")
                self._known[key] = read_hidden_fields(page) | {"message": _find_names(page)[1]}
        return self._known[key]


def _find_names(page: str) -> tuple[str, str]:
    """The names of the fields for the subject and the message."""
    subject = re.search(r'<input[^>]*type="text"[^>]*name="([0-9a-f]{14})"', page)
    subject = subject or re.search(r'name="([0-9a-f]{14})"[^>]*type="text"', page)
    message = re.search(r'<textarea[^>]*name="([0-9a-f]{14,16})"', page)
    return subject[1] if subject else "", message[1] if message else ""
