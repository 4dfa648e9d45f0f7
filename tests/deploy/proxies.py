"""nginx and Caddy with the files of deploy/, at ports and with a certificate of a test."""

import datetime
import os
import shutil
import subprocess
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests import conftest, timeouts

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SEARCHED = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
NGINX, CADDY = (shutil.which(name, path=SEARCHED) for name in ("nginx", "caddy"))
HOST = "help.your-company.example"  # as in the shipped files


class Proxy:
    """A proxy that was started for one test: its port for TLS and its process."""

    def __init__(self, command: list[str], port: int, folder: Path, **environment: str) -> None:
        self.port, self.folder = port, folder
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                command, env={**os.environ, "HOME": str(folder), **environment}, stdout=log, stderr=log
            )

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(timeouts.LIMIT)


def write_nginx(folder: Path, *upstreams: int) -> tuple[Path, int]:
    """The two shipped files of nginx as one installation in ``folder``; the main file and the port with TLS."""
    plain, tls = conftest.free_port(), conftest.free_port()
    certificate, key = write_certificate(folder)
    shipped = (DEPLOY / "nginx.conf").read_text()
    node = next(line for line in shipped.splitlines(keepends=True) if "server 127.0.0.1:5000 " in line)
    site = change(
        shipped,
        {
            node: "".join(node.replace(":5000 ", f":{upstream} ") for upstream in upstreams),
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen [::]:80;": "",
            "listen 443 ": f"listen 127.0.0.1:{tls} ",
            "listen [::]:443 ssl http2;": "",
            "proxy_read_timeout 180s;": "proxy_read_timeout 600s;",  # a busy machine starts the portal slowly
            f"/etc/letsencrypt/live/{HOST}/fullchain.pem": str(certificate),
            f"/etc/letsencrypt/live/{HOST}/privkey.pem": str(key),
        },
    )
    (folder / "site.conf").write_text(site)
    main = change(
        (DEPLOY / "nginx-main.conf").read_text(),
        {
            "user www-data;": "user root;" if os.getuid() == 0 else "",
            "/run/nginx.pid": str(folder / "nginx.pid"),
            "include /etc/nginx/modules-enabled/*.conf;": "daemon off;",
            "/var/log/nginx/error.log": str(folder / "error.log"),
            "include /etc/nginx/conf.d/*.conf;": f"client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;"
            f" fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;",
            "include /etc/nginx/sites-enabled/*;": f"include {folder}/site.conf;",
        },
    )
    (folder / "nginx.conf").write_text(main)
    return folder / "nginx.conf", tls


def write_caddy(folder: Path, *upstreams: int) -> tuple[Path, int, dict[str, str]]:
    """The shipped Caddyfile, the port with TLS, and the variables that it reads. Its own authority signs."""
    plain, tls = conftest.free_port(), conftest.free_port()
    options = f"{{\n\thttp_port {plain}\n\thttps_port {tls}\n\tskip_install_trust\n\tlocal_certs\n\tadmin off\n"
    text = (DEPLOY / "Caddyfile").read_text()
    assert text.count("\n{\n") == 1
    text = change(text, {"response_header_timeout 180s": "response_header_timeout 600s"})  # as with nginx
    (folder / "Caddyfile").write_text(text.replace("\n{\n", f"\n{options}", 1))
    nodes = " ".join(f"127.0.0.1:{upstream}" for upstream in upstreams)
    variables = {"PORTAL_HOST": "localhost", "PORTAL_UPSTREAM": nodes}
    return folder / "Caddyfile", tls, {**variables, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}


def change(text: str, replacements: dict[str, str]) -> str:
    """``text`` with each of ``replacements``; fails where one is not in it, for then it is not the file it was."""
    for old, new in replacements.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of its own for localhost, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    return folder / "certificate.pem", folder / "key.pem"


def start_nginx(folder: Path, *upstreams: int) -> Proxy:
    """nginx in front of the ports ``upstreams``."""
    file, port = write_nginx(folder, *upstreams)
    folder.chmod(0o755)
    return Proxy([str(NGINX), "-c", str(file), "-e", str(folder / "error.log"), "-p", str(folder)], port, folder)


def start_caddy(folder: Path, *upstreams: int) -> Proxy:
    """Caddy in front of the ports ``upstreams``."""
    file, port, variables = write_caddy(folder, *upstreams)
    return Proxy([str(CADDY), "run", "--config", str(file), "--adapter", "caddyfile"], port, folder, **variables)


def get_caddy_version() -> tuple[int, ...]:
    """The numbers of Caddy's version."""
    words = subprocess.run([str(CADDY), "version"], capture_output=True, text=True, check=True).stdout.split()
    return tuple(int(number) for number in words[0].removeprefix("v").split("-")[0].split("."))
