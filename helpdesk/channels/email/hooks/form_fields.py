"""Read the fields of a posted form as bytes: a raw mail in one of them need not be text in any charset."""

from email.message import Message
from urllib.parse import unquote_to_bytes

from helpdesk.channels.email.hooks.interface import HookRefused
from helpdesk.channels.email.parse import mime

MAX_FIELDS = 200


def read_form(content_type: str, body: bytes) -> dict[str, bytes]:
    """Return the fields by name, of several with one name the first. Raises HookRefused for what is no form."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        fields: dict[str, bytes] = {}
        for pair in body.split(b"&", MAX_FIELDS)[:MAX_FIELDS]:
            name, _, value = (unquote_to_bytes(one.replace(b"+", b" ")) for one in pair.partition(b"="))
            fields.setdefault(name.decode("utf-8", "replace"), value)
        return fields
    if kind == "multipart/form-data" and "\n" not in content_type and "\r" not in content_type:
        return _read_multipart(content_type, body)
    raise HookRefused(400, "The request is not a form.")


def _read_multipart(content_type: str, body: bytes) -> dict[str, bytes]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = mime.parse_parts(head + body)
    if not message.is_multipart():
        raise HookRefused(400, "The form cannot be read.")
    fields: dict[str, bytes] = {}
    for part in [one for one in message.get_payload() if isinstance(one, Message)][:MAX_FIELDS]:
        name = part.get_param("name", "", header="Content-Disposition")
        fields.setdefault(str(name), mime.part_content(part))
    return fields
