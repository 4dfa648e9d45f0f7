"""A ticket's mails are one conversation in the recipient's mailbox.

The rule is the mail program's own (RFC 5256, THREAD=REFERENCES).
"""

import dataclasses
import email
from email import policy

import pytest

from helpdesk.channels.email.render import compose, header_fields, sample_messages


class Node:
    def __init__(self):
        self.parent, self.children, self.message = None, [], None

    def under(self, parent):
        above = parent
        while above:
            if above is self:
                return
            above = above.parent
        if self.parent:
            self.parent.children.remove(self)
        self.parent = parent
        parent.children.append(self)


def threads(messages):
    """Steps 1 to 4 of REFERENCES: link by ids, take the roots, prune the empty ones. Subjects are not looked at."""
    table: dict[str, Node] = {}
    for message in messages:
        named = (message["References"] or message["In-Reply-To"] or "").split()
        nodes = [table.setdefault(one, Node()) for one in named]
        for parent, child in zip(nodes, nodes[1:], strict=False):
            if not child.parent:
                child.under(parent)
        own = table.setdefault(message["Message-ID"], Node())
        own.message = message
        if nodes:
            own.under(nodes[-1])
    roots = [node for node in table.values() if not node.parent]
    return [sum(1 for _ in _messages(root)) for root in roots if any(_messages(root))]


def _messages(node):
    if node.message:
        yield node.message
    for child in node.children:
        yield from _messages(child)


def conversation(length, senders=("support@northwind.example",), answers=True):
    """What the domain does: each mail names the ids of the thread so far; the reader answers by mail now and then."""
    sample, known, mails = sample_messages.sample_mails()["reply"], [], []
    for number in range(length):
        envelope = dataclasses.replace(
            sample.envelope,
            key=f"delivery-{number}",
            sender=senders[number % len(senders)],
            references=tuple(known),
        )
        mails.append(_read(compose.build_mail(dataclasses.replace(sample, envelope=envelope))))
        known.append(mails[-1]["Message-ID"])
        if answers and number % 3 == 1:
            own = (
                f"<AM0PR0402MB38{number:04}D6E1A4E0F0A9C7B1D2E3F4A5B@AM0PR0402MB3891.eurprd04.prod.outlook.example.com>"
            )
            answer = email.message.EmailMessage()
            answer["Message-ID"], answer["In-Reply-To"] = own, known[-1]
            answer["References"] = f"{mails[-1]['References'] or ''} {known[-1]}".strip()
            mails.append(answer)
            known.append(own)
    return mails


def _read(raw):
    return email.message_from_bytes(raw, policy=policy.default)


@pytest.mark.parametrize(
    "senders", [("support@northwind.example",), ("help@custom.example",), ("a@b.example", "c@d.example")]
)
def test_a_conversation_is_one_thread_from_whatever_address(senders):
    mails = conversation(8, senders)
    assert threads(mails) == [len(mails)]


def test_a_long_conversation_stays_one_thread_though_references_are_bounded():
    mails = conversation(60)
    assert max(len((mail["References"] or "").split()) for mail in mails) <= header_fields.MAX_REFERENCES + 1
    assert threads(mails) == [len(mails)]


def test_a_reader_who_lost_the_middle_still_has_one_thread():
    mails = conversation(15, answers=False)
    assert threads(mails[:1] + mails[9:]) == [7]


def test_two_tickets_are_two_threads():
    first, second = conversation(3), conversation(3)
    for mail in second:
        for name in ("Message-ID", "In-Reply-To", "References"):
            if mail[name]:
                mail.replace_header(name, mail[name].replace("delivery", "other").replace("AM0PR0402MB38", "OTHER"))
    assert sorted(threads(first + second)) == [4, 4]


def test_the_subject_is_the_same_in_every_mail():
    assert {mail["Subject"] for mail in conversation(4) if mail["Subject"]} == {"[#1042] Export stops at 10,000 rows"}
