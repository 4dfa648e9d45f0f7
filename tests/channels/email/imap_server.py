"""As much of an IMAP server as a poll needs, over a real socket; it remembers flags and folders."""

import re
import socketserver
import threading


class Mailbox:
    def __init__(self, mails=(), password="right"):
        self.mails = dict(enumerate(mails, start=11))
        self.seen: set[int] = set()
        self.moved: dict[str, list[bytes]] = {}
        self.password = password
        self.refusals: dict[int, str] = {}  # of a mail by its uid: NO, BAD, or "" to break off
        self.refused: dict[str, str] = {}  # of a whole command, by its name
        self.is_read_only = False
        self.expunged = False

    def __enter__(self):
        box = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self):
                _talk(box, self.rfile, self.wfile)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def _talk(box, lines, out):
    def say(text):
        out.write(text if isinstance(text, bytes) else text.encode() + b"\r\n")

    say("* OK ready")
    for line in lines:
        tag, _, command = line.decode().strip().partition(" ")
        verb = command.upper()
        done = "OK done"
        refused = next((answer for name, answer in box.refused.items() if verb.startswith(name)), None)
        if refused:
            done = refused
        elif verb.startswith("CAPABILITY"):
            say("* CAPABILITY IMAP4REV1")
        elif verb.startswith("LOGIN"):
            done = "OK in" if f'"{box.password}"' in command else "NO [AUTHENTICATIONFAILED] no"
        elif verb.startswith("SELECT"):
            folder = command.split()[1].strip('"')
            mode = "READ-ONLY" if box.is_read_only else "READ-WRITE"
            done = f"OK [{mode}] open" if folder == "INBOX" else "NO no such folder"
            say(f"* {len(box.mails)} EXISTS")
        elif verb.startswith("UID SEARCH"):
            say("* SEARCH " + " ".join(str(uid) for uid in box.mails if uid not in box.seen))
        elif verb.startswith("UID FETCH"):
            uid = int(command.split()[2])
            refusal = box.refusals.get(uid)
            if refusal == "":
                return
            if refusal:
                done = f"{refusal} Command error."
            elif uid in box.mails:
                say(f"* 1 FETCH (UID {uid} BODY[] {{{len(box.mails[uid])}}}")
                say(box.mails[uid] + b")\r\n")
        elif verb.startswith("UID STORE"):
            box.seen.update(int(uid) for uid in re.findall(r"\d+", command.split()[2]))
        elif verb.startswith("LIST"):
            for folder in {"INBOX", *box.moved} & {command.split()[-1].strip('"')}:
                say(f'* LIST () "/" "{folder}"')
        elif verb.startswith("CREATE"):
            box.moved[command.split()[1].strip('"')] = []
        elif verb.startswith("UID COPY"):
            uid, folder = int(command.split()[2]), command.split()[3].strip('"')
            box.moved[folder].append(box.mails[uid])
        elif verb.startswith("EXPUNGE"):
            box.expunged = True
            for uid in [uid for uid in box.mails if any(box.mails[uid] in kept for kept in box.moved.values())]:
                del box.mails[uid]
        elif verb.startswith("LOGOUT"):
            say("* BYE")
        say(f"{tag} {done}")
