"""The numbers of a timeline's entries as a page has them: a customer's page has others than the team's.

Notes and internal changes take numbers of the timeline, too. A customer who was sent these numbers would see from the
gaps that the team wrote something internally, where and how often. So each number is exchanged for another one, by a
permutation of 32 bits (a Feistel cipher of four rounds) with a key for each ticket, and back when a request names it.
"""

import hmac
from functools import lru_cache

from helpdesk.database.row_ids import MAX_SEQ
from helpdesk.key_derivation import Purpose, derive_key, secret_keys
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

HALF_BITS = 16
HALF_MASK = (1 << HALF_BITS) - 1
ROUNDS = (0, 1, 2, 3)


def hide_number(ticket_id: int, seq: int, reader: User) -> int:
    """Return what stands for the number ``seq`` on a page of ``reader``; 0, which is no number, stays."""
    if not seq or reader.is_team:
        return seq
    return _encrypt(secret_keys()[0], ticket_id, seq)


def read_number(ticket: Ticket, shown: int | None, reader: User) -> int | None:
    """Return the number for which ``shown`` stands on a page of ``reader``; None if it stands for none."""
    if not shown or reader.is_team:
        return shown
    if shown > MAX_SEQ * 2 + 1:
        return None
    numbers = (_decrypt(key, ticket.id, shown) for key in secret_keys())
    return next((number for number in numbers if 0 < number < ticket.next_seq), None)


@lru_cache(maxsize=20_000)
def _encrypt(secret_key: str, ticket_id: int, number: int) -> int:
    left, right = number >> HALF_BITS, number & HALF_MASK
    for place in ROUNDS:
        left, right = right, left ^ _mix(secret_key, ticket_id, place, right)
    return left << HALF_BITS | right


@lru_cache(maxsize=20_000)
def _decrypt(secret_key: str, ticket_id: int, number: int) -> int:
    left, right = number >> HALF_BITS, number & HALF_MASK
    for place in reversed(ROUNDS):
        left, right = right ^ _mix(secret_key, ticket_id, place, left), left
    return left << HALF_BITS | right


def _mix(secret_key: str, ticket_id: int, place: int, half: int) -> int:
    """Return the 16 bits of one round."""
    key = derive_key(Purpose.TIMELINE_NUMBER, secret_key)
    return int.from_bytes(hmac.digest(key, b"%d %d %d" % (ticket_id, place, half), "sha256")[:2])
