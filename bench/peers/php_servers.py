"""MariaDB, PHP-FPM and nginx on this machine, in a folder of their own, with settings for production."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from bench import processes
from helpdesk.cli import supervisor

PROGRAMS = ("nginx", "php", "mariadbd", "mariadb-install-db", "mariadb")
FPM_NAMES = ("php-fpm", "php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm8.1")
PHP_EXTENSIONS = ("mysqli", "mbstring", "gd", "intl", "dom", "Zend OPcache")
SEARCHED = "/usr/sbin:/usr/local/sbin:/sbin"  # where servers are, and not always on the PATH
WORKERS = 8  # of PHP-FPM: one for each client
MARIADB_USER, PHP_USER = "mysql", "www-data"  # that the servers run as if this process is root

# optimizer_search_depth: osTicket joins up to 17 tables, for which MariaDB otherwise looks for a plan for a second.
MARIADB_SETTINGS = """[mariadbd]
innodb_buffer_pool_size=1G
optimizer_search_depth=0
innodb_log_file_size=512M
performance_schema=OFF
skip-log-bin
skip-name-resolve
skip-networking
query_cache_type=0
max_connections=100
thread_cache_size=32
table_open_cache=2000
tmp_table_size=64M
max_heap_table_size=64M
"""
PHP_SETTINGS = """opcache.enable=1
opcache.enable_cli=0
opcache.validate_timestamps=0
opcache.memory_consumption=256
opcache.interned_strings_buffer=32
opcache.max_accelerated_files=20000
opcache.jit=tracing
opcache.jit_buffer_size={jit}
realpath_cache_size=8M
realpath_cache_ttl=3600
memory_limit=256M
display_errors=Off
log_errors=On
error_reporting=0
date.timezone=UTC
sendmail_path=/bin/true
session.gc_probability=0
mysqli.default_socket={socket}
"""
FPM_SETTINGS = """[global]
error_log={folder}/fpm.log
daemonize=no
[www]
{user}
listen={folder}/fpm.sock
listen.mode=0666
pm=static
pm.max_children={workers}
pm.max_requests=0
catch_workers_output=yes
"""
NGINX_SETTINGS = """{user}
worker_processes 2;
pid {folder}/nginx.pid;
daemon off;
error_log {folder}/nginx.log warn;
events {{ worker_connections 256; }}
http {{
  include /etc/nginx/mime.types;
  access_log off;
  keepalive_requests 1000000;
  keepalive_timeout 300s;
  client_body_temp_path {folder}/body;
  fastcgi_temp_path {folder}/fastcgi;
  proxy_temp_path {folder}/proxy;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    root {site};
    index index.php;
    location ~ ^(.+?\\.php)(/.*)?$ {{
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME {site}$1;
      fastcgi_param PATH_INFO $2;
      fastcgi_read_timeout 300s;
      fastcgi_buffers 16 64k;
      fastcgi_pass unix:{folder}/fpm.sock;
    }}
  }}
}}
"""


def find_program(*names: str) -> str | None:
    """The path of the first of ``names`` that this machine has."""
    path = os.pathsep.join((os.environ.get("PATH", ""), SEARCHED))
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def list_missing() -> list[str]:
    """Programs and extensions of PHP that are not installed."""
    missing = [name for name in PROGRAMS if not find_program(name)]
    missing += [] if find_program(*FPM_NAMES) else ["php-fpm"]
    php = find_program("php")
    if php:
        known = subprocess.run([php, "-m"], capture_output=True, text=True, check=True).stdout.split("\n")
        missing += [f"php's extension {name}" for name in PHP_EXTENSIONS if name not in known]
    return missing


def run_php(code: str) -> str:
    """What ``code`` prints."""
    return subprocess.run([find_program("php"), "-r", code], capture_output=True, text=True, check=True).stdout


class PhpServers:
    """The three servers. ``site``: the folder that nginx serves. ``jit``: memory for OPcache's compiled code."""

    def __init__(self, folder: Path, site: Path, jit: str = "64M"):
        self.folder, self.site, self.jit = folder, site, jit
        self.port = processes.find_free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.socket = folder / "mariadb.sock"
        self.children: dict[str, subprocess.Popen] = {}
        self.is_root = os.geteuid() == 0

    def start(self) -> None:
        """Make the database's folder, and start all."""
        self.folder.chmod(0o755)
        self._start_mariadb()
        settings = PHP_SETTINGS.format(socket=self.socket, jit=self.jit)
        (self.folder / "php").mkdir(exist_ok=True)
        (self.folder / "php" / "bench.ini").write_text(settings)
        self._write("fpm.conf", FPM_SETTINGS, self._say_user(f"user={PHP_USER}\ngroup={PHP_USER}"))
        self._write("nginx.conf", NGINX_SETTINGS, self._say_user(f"user {PHP_USER};"))
        self._start(
            "php-fpm",
            [find_program(*FPM_NAMES), "--nodaemonize", "--fpm-config", self.folder / "fpm.conf"]
            + (["--allow-to-run-as-root"] if self.is_root else []),
            lambda: (self.folder / "fpm.sock").exists(),
        )
        nginx = [find_program("nginx"), "-p", self.folder, "-c", self.folder / "nginx.conf"]
        self._start("nginx", nginx, lambda: processes.is_listening(self.port))

    def run_sql(self, statements: str, database: str = "osticket") -> str:
        """Run statements as the database's administrator; the rows, a line each, columns by tab."""
        command = [find_program("mariadb"), "--no-defaults", "--socket", self.socket, "--user=root", "--batch"]
        command += ["--skip-column-names", "--local-infile=1", "--default-character-set=utf8mb4", database]
        done = subprocess.run(command, input=statements, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"MariaDB refused: {done.stderr.strip()[:1000]}")
        return done.stdout

    def describe(self) -> str:
        """The versions of the servers."""
        mariadb = self.run_sql("SELECT VERSION();", "mysql").strip()
        nginx = subprocess.run([find_program("nginx"), "-v"], stderr=subprocess.PIPE, text=True, check=True)
        return f"{nginx.stderr.strip().partition(': ')[2]}, PHP-FPM {run_php('echo PHP_VERSION;')}, MariaDB {mariadb}"

    def list_app_pids(self) -> list[int]:
        return [self.children["nginx"].pid, self.children["php-fpm"].pid]

    def list_database_pids(self) -> list[int]:
        return [self.children["mariadb"].pid]

    def stop(self) -> None:
        """End all, the database last."""
        for name in ("nginx", "php-fpm", "mariadb"):
            if name in self.children:
                supervisor.stop_processes([self.children.pop(name)], 20)

    def _start_mariadb(self) -> None:
        data = self.folder / "mariadb"
        settings = self.folder / "mariadb.cnf"
        settings.write_text(MARIADB_SETTINGS)
        user = [f"--user={MARIADB_USER}"] if self.is_root else []
        if not data.exists():
            data.mkdir()
            if self.is_root:
                shutil.chown(data, MARIADB_USER)
            install = [find_program("mariadb-install-db"), f"--defaults-file={settings}", f"--datadir={data}", *user]
            subprocess.run([*install, "--auth-root-authentication-method=normal"], check=True, capture_output=True)
        if self.is_root:  # the server makes its socket here
            shutil.chown(self.folder, MARIADB_USER)
        command = [find_program("mariadbd"), f"--defaults-file={settings}", f"--datadir={data}", *user]
        command += [f"--socket={self.socket}", f"--pid-file={data}/server.pid", "--local-infile=1"]
        self._start("mariadb", command, self.socket.exists)

    def _start(self, name: str, command: list, is_ready: Callable[[], bool]) -> None:
        variables = {"PATH": os.environ.get("PATH", ""), "PHP_INI_SCAN_DIR": f":{self.folder}/php"}
        with (self.folder / f"{name}.out").open("ab") as log:
            self.children[name] = supervisor.start_process([str(word) for word in command], variables, log)
        processes.wait_for(is_ready, name)

    def _say_user(self, words: str) -> str:
        return words if self.is_root else ""

    def _write(self, name: str, template: str, user: str) -> None:
        values = {"folder": self.folder, "site": self.site, "port": self.port, "workers": WORKERS, "user": user}
        (self.folder / name).write_text(template.format(**values))
