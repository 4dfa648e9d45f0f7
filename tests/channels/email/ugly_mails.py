"""The mails of the folder ``ugly``, and an installation that parses them."""

from pathlib import Path

from helpdesk.channels import email
from helpdesk.channels.email import settings

UGLY = sorted((Path(__file__).parent / "ugly").glob("*.eml"))
OURS = settings.IncomingMailSettings(
    reply_domain="reply.northwind.example",
    authserv_ids=("mx.northwind.example",),
    instances=("sample-installation",),
)


def heard(name):
    return email.parse_mail((Path(__file__).parent / "ugly" / f"{name}.eml").read_bytes(), OURS)[0]
