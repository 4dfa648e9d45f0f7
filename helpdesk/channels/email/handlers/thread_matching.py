"""Find the conversation a mail belongs to: only by the random token of its reply address."""

from sqlalchemy import select

from helpdesk import config
from helpdesk.channels.email import token
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.channels.email.render import compose
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery
from helpdesk.models.thread import Thread

MAX_REFERENCES = 20  # of the mails that its headers name


def find_thread(mail: ParsedMail) -> Thread | None:
    """Return the active conversation it was written to; of several, the author's own."""
    threads = find_threads(mail)
    return threads[0] if threads else None


def find_threads(mail: ParsedMail) -> list[Thread]:
    """List the conversations it was written to whose reply address is valid, one for each ticket; of one ticket the
    author's own, and the author's own tickets first.
    """
    hashes = mail.thread_hashes
    if not hashes:
        return []
    found = {one.token_hash: one for one in db.session.scalars(select(Thread).where(Thread.token_hash.in_(hashes)))}
    in_order = [found[one] for one in hashes if one in found and token.is_accepted(found[one].nonce, one)]
    in_order.sort(key=lambda thread: thread.user.email != mail.author_id)
    return list({thread.ticket_id: thread for thread in reversed(in_order)}.values())[::-1]


def suggest_ticket_id(mail: ParsedMail) -> int | None:
    """Return the ticket of the mail that its headers name: a hint for the team, never a proof."""
    ids = [mail.in_reply_to, *reversed(mail.references)][:MAX_REFERENCES]
    url = config.current().PORTAL_BASE_URL
    keys = list(dict.fromkeys(key for id in ids if id and (key := compose.extract_delivery_key(id, url))))
    if not keys:
        return None
    ours = (
        select(Delivery.key, Thread.ticket_id)
        .join(Thread, Thread.id == Delivery.thread_id)
        .where(Delivery.key.in_(keys))
    )
    of_keys = dict(db.session.execute(ours).all())
    return next((of_keys[key] for key in keys if key in of_keys), None)
