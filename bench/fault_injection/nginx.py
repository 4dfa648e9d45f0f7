"""nginx with the shipped files before several web nodes, without TLS, as the address that people use."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from bench.fault_injection.hosts import Host
from bench.fault_injection.relay import Relay
from helpdesk.cli import supervisor

DEPLOY = Path(__file__).parents[2] / "deploy"
SEARCHED = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
SHIPPED_PLACE = "127.0.0.1:5000"


class Nginx:
    """Listens on ``port``, and gives each of the ``nodes`` (HOST:PORT) requests by turns.

    Where it runs on a ``host`` of its own, a relay passes what comes to this machine's ``port`` on to it.
    """

    def __init__(self, folder: Path, port: int, nodes: list[str], host: Host | None = None) -> None:
        self.folder, self.port, self.nodes, self.host = folder / "nginx", port, nodes, host
        self._relay: Relay | None = None
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start it; it answers 502 until a node answers."""
        program = shutil.which("nginx", path=SEARCHED)
        if program is None:
            raise SystemExit("nginx is missing: apt-get install nginx")
        self.folder.mkdir()
        (self.folder / "site.conf").write_text(self._write_site())
        (self.folder / "nginx.conf").write_text(self._write_main())
        if self.host:
            self._relay = Relay((self.host.address, self.port), self.port)
        command = [
            *(self.host.command_prefix if self.host else ()),
            program,
            "-c",
            str(self.folder / "nginx.conf"),
            "-e",
            str(self.folder / "error.log"),
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = supervisor.start_process([*command, "-p", str(self.folder)], dict(os.environ), log)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            supervisor.stop_processes([self._process], 5)
            self._process = None
        if self._relay is not None:
            self._relay.close()

    def _write_site(self) -> str:
        site = (DEPLOY / "nginx.conf").read_text()
        node = next(line for line in site.splitlines() if f"server {SHIPPED_PLACE} " in line)
        site = site.replace(node, "\n".join(node.replace(SHIPPED_PLACE, place) for place in self.nodes))
        address = self.host.address if self.host else "127.0.0.1"
        before, _, tls = site.partition("\nserver {\n    listen 80;")  # of both servers, the one with the pages
        kept = [
            line
            for line in tls[tls.index("\nserver {") :].splitlines()
            if not re.match(r"\s*(ssl_|listen \[|server_name )", line)
        ]
        return before + "\n".join(kept).replace("listen 443 ssl http2;", f"listen {address}:{self.port};")

    def _write_main(self) -> str:
        places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        folders = " ".join(f"{name}_temp_path {self.folder}/{name};" for name in places)
        changes = {
            "user www-data;": "user root;" if os.getuid() == 0 else "",
            "/run/nginx.pid": str(self.folder / "nginx.pid"),
            "include /etc/nginx/modules-enabled/*.conf;": "daemon off;",
            "/var/log/nginx/error.log": str(self.folder / "error.log"),
            "include /etc/nginx/conf.d/*.conf;": folders,
            "include /etc/nginx/sites-enabled/*;": f"include {self.folder}/site.conf;",
        }
        main = (DEPLOY / "nginx-main.conf").read_text()
        for old, new in changes.items():
            assert old in main, old
            main = main.replace(old, new)
        return main
