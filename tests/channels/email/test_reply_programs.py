"""Answers as further programs, web mail of providers and ticket systems write them: exactly the answer is left, whether
it is above a mail of ours or above somebody else's.
"""

import pytest

from helpdesk.channels import email
from helpdesk.channels.email.parse import quotes
from helpdesk.markup import markdown_rendering
from tests.channels.email import mail_clients, reply_blocks, reply_endings, reply_lines, reply_pages
from tests.channels.email.mail_clients import ANSWER
from tests.channels.email.test_email_quotes import OURS as SETTINGS
from tests.channels.email.test_quote_languages import ATTRIBUTIONS, KNOWN, OURS

FOREIGN = "Hello Ann,\n\nwhich format do you need? And how many people work with it?\n\nRegards\nMaya"
FOREIGN_PAGE = "<div>Hello Ann,</div><div><br></div><div>which format do you need?</div><div>Regards<br>Maya</div>"
SAID = ATTRIBUTIONS["gmail-en"]
QUOTED = mail_clients.quoted(FOREIGN)


def read(text: str) -> quotes.SplitText:
    return quotes.split_quote(text, OURS, KNOWN)


def wrong_ones(texts: dict[str, str], expected: str = ANSWER) -> dict[str, str]:
    """Return what is read of those texts of which not exactly the expected words are left."""
    found = {name: read(text) for name, text in texts.items()}
    for name, parts in found.items():
        everything = f"{parts.body} {parts.quoted}".split()
        assert not set(expected.split()) - set(everything), (name, "a word is gone")
    return {name: parts.body for name, parts in found.items() if parts.body.split() != expected.split()}


def test_lines_above_quoted_lines():
    for sent in (mail_clients.SENT.text, FOREIGN):
        quote = mail_clients.quoted(sent)
        assert wrong_ones({name: f"{ANSWER}\n\n{line}\n\n{quote}\n" for name, line in reply_lines.LINES.items()}) == {}


def test_lines_above_our_mail_without_signs():
    sent = mail_clients.SENT.text
    assert wrong_ones({name: f"{ANSWER}\n\n{line}\n\n{sent}" for name, line in reply_lines.LINES.items()}) == {}


def test_blocks_of_fields():
    for sent in (mail_clients.SENT.text, FOREIGN):
        blocks = reply_blocks.BLOCKS | {"unknown": reply_blocks.block("Qaa|Qbb|Qcc|Qdd")}
        assert wrong_ones({name: f"{ANSWER}\n\n{block}\n\n{sent}" for name, block in blocks.items()}) == {}


def test_pages():
    wrong = {}
    for sent in (mail_clients._BODY, FOREIGN_PAGE):
        for name, page in reply_pages.PAGES.items():
            html = page.replace("ANSWER", mail_clients.ANSWER_HTML).replace("QUOTE", sent)
            [mail] = email.parse_mail(mail_clients.mail(None, html), SETTINGS)
            if (body := markdown_rendering.markdown_to_text(mail.body)).split() != ANSWER.split():
                wrong[name] = body
    assert wrong == {}


def test_what_a_phone_or_a_virus_scanner_adds_is_folded():
    endings = reply_endings.DEVICES + reply_endings.FOOTERS
    assert wrong_ones({one: f"{ANSWER}\n\n{one}\n\n{SAID}\n\n{QUOTED}\n" for one in endings}) == {}
    assert wrong_ones({one: f"{ANSWER}\n\n{one}\n" for one in endings if "\n" not in one}) == {}


def test_below_the_marker_of_another_help_desk_is_what_it_wrote():
    below = "Your request (77) was updated.\n\nMaya Lind, 20 Nov 2026, 13:04\n\nWhich format?"
    assert wrong_ones({one: f"{ANSWER}\n\n{one}\n\n{below}\n" for one in reply_endings.ANSWER_MARKERS}) == {}


def test_a_signed_text_is_read_without_its_armor():
    head, tail = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n", "-----BEGIN PGP SIGNATURE-----\n\niQEz\n=ab\n"
    text = f"{head}{ANSWER}\n\n{tail}-----END PGP SIGNATURE-----\n"
    assert wrong_ones({"signed": text, "quoted": f"{text}\n{SAID}\n\n{QUOTED}\n"}) == {}


@pytest.mark.parametrize(
    "above", ["  Original Message  ", "Maya Lind ---20.11.2026 13:04:00---Hello Ann, which format do you need?"]
)
def test_a_line_without_dashes_above_the_fields_belongs_to_them(above):
    fields = "From: Maya Lind <support@northwind.example>\nDate: 20.11.2026 13:04\nSubject: x"
    assert wrong_ones({"above": f"{ANSWER}\n\n{above}\n\n{fields}\n\n{FOREIGN}"}) == {}


def test_quotes_marked_with_initials():
    said = "Friday, November 20, 2026, 1:04:00 PM, you wrote:"
    assert wrong_ones({"initials": f"{ANSWER}\n\n{said}\n\nML> Hello Ann,\nML>\nML> which format?\n"}) == {}
    assert read(text := "I typed:\n\nSQL> select 1;\nSQL> exit").body == text


@pytest.mark.parametrize(
    "own",
    [
        "My details:\nName: Ann\nPhone: 12345\nDate: 20.11.2026",
        "Please change\n\nFrom: ann@globex.example\nTo: bob@globex.example\n\nThanks",
        "The log:\n\n2026-11-20 13:04:05 error: connection to db@host.example refused:\nretry\n\nBye",
        "I wrote to ann@globex.example on 20.11.2026 13:04 and got:\n\nno answer\n\nBye",
        "Add these:\n\nAnn: ann@globex.example\nBob: bob@globex.example\nDate: 20.11.2026 13:04\n\nThanks",
        "Sent from my phone it looks different, and the mail is broken, too.",
        "The button is above this line and does nothing.",
        "The robot prints\n\nFrom: 20.11.2026\nTo: 21.11.2026\nSubject: holidays\n\nand stops.",
        "This fails:\n\n--\n-- table a\n--\nselect 1;",
        "Avast says that there is a virus in your file.",
    ],
)
def test_somebodys_own_words_stay(own):
    assert wrong_ones({"alone": own, "answering": f"{own}\n\n{SAID}\n\n{QUOTED}\n"}, own) == {}
