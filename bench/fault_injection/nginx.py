"""nginx with the shipped files before several web nodes, without TLS, as the address that people use."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from helpdesk.cli import supervisor

DEPLOY = Path(__file__).parents[2] / "deploy"
SEARCHED = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
NODE = "server 127.0.0.1:5000 "


class Nginx:
    """Listens on ``port``, and gives each of the ``nodes`` (ports) requests by turns."""

    def __init__(self, folder: Path, port: int, nodes: list[int]) -> None:
        self.folder, self.port, self.nodes = folder / "nginx", port, nodes
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start it; it answers 502 until a node answers."""
        program = shutil.which("nginx", path=SEARCHED)
        if program is None:
            raise SystemExit("nginx is missing: apt-get install nginx")
        self.folder.mkdir()
        (self.folder / "site.conf").write_text(self._write_site())
        (self.folder / "nginx.conf").write_text(self._write_main())
        command = [program, "-c", str(self.folder / "nginx.conf"), "-e", str(self.folder / "error.log")]
        with (self.folder / "log").open("ab") as log:
            self._process = supervisor.start_process([*command, "-p", str(self.folder)], dict(os.environ), log)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            supervisor.stop_processes([self._process], 5)
            self._process = None

    def _write_site(self) -> str:
        site = (DEPLOY / "nginx.conf").read_text()
        node = next(line for line in site.splitlines() if NODE in line)
        site = site.replace(node, "\n".join(node.replace(":5000 ", f":{port} ") for port in self.nodes))
        before, _, tls = site.partition("\nserver {\n    listen 80;")  # of both servers, the one with the pages
        kept = [
            line
            for line in tls[tls.index("\nserver {") :].splitlines()
            if not re.match(r"\s*(ssl_|listen \[|server_name )", line)
        ]
        return before + "\n".join(kept).replace("listen 443 ssl http2;", f"listen 127.0.0.1:{self.port};")

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
