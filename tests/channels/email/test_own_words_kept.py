"""What somebody wrote stays in sight beside what programs put around it, in places where the two look alike."""

import pytest

from helpdesk.channels import email
from helpdesk.channels.email.parse import quotes
from tests.channels.email import mail_clients

SAID = "On Fri, 20 Nov 2026 at 13:04, Maya Lind <support@northwind.example> wrote:"
QUOTED = f"{SAID}\n\n> which server do you mean?\n> And when?"
ANSWER = "Restart web-7, please."


def body_of(text: str) -> str:
    return quotes.split_quote(text).body


def test_a_rule_between_two_parts_begins_no_signature():
    text = f"{ANSWER}\n\n--\n\nThe second topic is the invoice of May.\nIt has two pages."
    assert body_of(text) == text
    assert body_of(f"{ANSWER}\n\n--\nAnn Ambrose\nGlobex, Inc.") == ANSWER
    assert body_of(f"{ANSWER}\n\n--\n\nAnn Ambrose\nGlobex") == ANSWER
    assert body_of(f"{ANSWER}\n\n--\n\nWith kind regards from Berlin,\nAnn") == ANSWER
    assert body_of(f"{ANSWER}\n\n-- \n\nThis mail is confidential.\nIt is intended only for its addressee.") == ANSWER


@pytest.mark.parametrize("words", ["PS: the code is 4712 now.", "P.S. call me", "Nachtrag: erst morgen", "追伸： 明日"])
def test_a_postscript_below_the_signature_is_part_of_the_answer(words):
    found = quotes.split_quote(f"{ANSWER}\n\n-- \nAnn Ambrose\nPS Software\n\n{words}\n\n{QUOTED}")
    assert (found.body, "Ann Ambrose" in found.quoted) == (f"{ANSWER}\n\n{words}", True)


def test_who_is_quoted_stays_where_its_author_says_so():
    text = "Hello,\n\nmy boss wrote:\n> do it on Monday\n\nso please do it."
    assert body_of(text) == text
    assert body_of(f"{ANSWER}\n\nMaya Lind writes:\n> which server?\n") == ANSWER


@pytest.mark.parametrize(
    "words",
    [
        "This e-mail and its files are confidential and intended only for\nthe addressee. Delete it if it is not yours.",
        "Diese Nachricht ist vertraulich. Sind Sie nicht der richtige Adressat,\nlöschen Sie sie bitte.",
        "Ce message est confidentiel. Si vous n'en êtes pas le destinataire, détruisez-le.",
        "Este correo es confidencial. Si no es el destinatario, elimínelo.",
        "Questa e-mail è riservata. Se non siete il destinatario, cancellatela.",
        "Dit bericht is vertrouwelijk en alleen bestemd voor de geadresseerde.",
        "Wiadomość jest poufna. Jeśli nie są Państwo adresatem, prosimy ją usunąć.",
        "このメールには機密情報が含まれています。受信者でない場合は削除してください。",
    ],
)
def test_what_a_server_adds_below_the_quote_is_no_answer(words):
    """As Exchange adds it to plain text: with it below, the whole quote stood in the answer."""
    assert body_of(f"{ANSWER}\n\n{QUOTED}\n\n{words}\n") == ANSWER
    assert body_of(f"{QUOTED}\n\n{ANSWER}\n\n{words}\n") == ANSWER


def test_what_somebody_says_below_the_quote_about_a_confidential_file_is_an_answer():
    words = "The file is confidential, please delete it afterwards."
    assert words in body_of(f"{ANSWER}\n\n{QUOTED}\n\n{words}\n")


@pytest.mark.parametrize(
    ("feedback_id", "is_list"),
    [("1.eu-west-1.abc=:AmazonSES", False), ("campaign7:shop:newsletter:sender", True)],
)
def test_a_field_that_a_provider_puts_into_every_mail_makes_no_mailing_list(feedback_id, is_list):
    """docs.aws.amazon.com/ses: the field stands in every mail by SES; WorkMail sends what people write by it."""
    [mail] = email.parse_mail(
        mail_clients.mail(ANSWER, None).replace(b"Subject:", f"Feedback-ID: {feedback_id}\nSubject:".encode(), 1)
    )
    assert (bool(mail.listed), mail.automatic) == (is_list, "")
