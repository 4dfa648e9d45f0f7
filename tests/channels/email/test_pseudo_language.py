"""Every sentence of every mail comes from the catalogue, and a mail is mirrored for a language from right to left."""

import dataclasses
import re

import pytest
from bs4 import BeautifulSoup

from helpdesk.channels.email.render import compose, message_types, sample_messages
from helpdesk.domain.reporting.weekly_digest import Figure
from helpdesk.translation import catalogues, languages, use_language
from helpdesk.translation.current import current_catalogue
from tests import pseudo_language

SAMPLES = sample_messages.sample_mails()
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Sept Oct Nov Dec UTC CET CEST JST".split()
TAG = re.compile(r"<[^>]+>")


def list_data(value: object) -> list[str]:
    """The texts of a sample: what people wrote, names, addresses."""
    if isinstance(value, str):
        return [value, *value.split("\n"), *re.split(r"[*_`\[\]()\n]+", value)]
    if isinstance(value, Figure):
        return [value.label, value.value, value.change]
    if dataclasses.is_dataclass(value):
        return [
            text
            for each in dataclasses.fields(value)
            if each.name != "why"  # a sentence of ours
            for text in list_data(getattr(value, each.name))
        ]
    if isinstance(value, tuple | list):
        return [text for part in value for text in list_data(part)]
    return []


def without_bodies(value):
    """The sample with digits where a message has its words."""
    if isinstance(value, tuple):
        return tuple(without_bodies(part) for part in value)
    if not dataclasses.is_dataclass(value) or isinstance(value, message_types.Envelope):
        return value
    changed = {each.name: without_bodies(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, message_types.QuotedMessage):
        changed |= {"body": "12345", "html": ""}
    return dataclasses.replace(value, **changed)


def list_words(html: str) -> list[str]:
    """The texts of a mail, a paragraph each, without its styles."""
    page = BeautifulSoup(html, "html.parser")
    for tag in page.find_all(["style", "title"]):
        tag.decompose()
    return [tag.get_text() for tag in page.find_all(["p", "h1", "h2", "dt", "dd"])]


@pytest.mark.parametrize("name", message_types.TYPES_BY_NAME)
def test_no_mail_is_english_in_another_language(name):
    with pseudo_language.use_pseudo_language():
        sample = without_bodies(sample_messages.sample_mails()[name])
        seen = compose.build_preview(sample)
    texts = [seen.subject, *seen.text.split("\n"), *(re.sub(r"\s+", " ", text) for text in list_words(seen.html))]
    data = [re.sub(r"\s+", " ", text).strip() for text in list_data(sample)]
    data += ["UTC", "KB", "MB", *MONTHS, *(text.rstrip(".") for text in data)]
    marker = re.compile(r"· [A-Z]{10}$")
    found = pseudo_language.find_english((marker.sub("", TAG.sub(" ", text)) for text in texts), data)
    assert not found


def test_a_mail_from_right_to_left_is_mirrored():
    language = languages.Language("ar", "العربية")
    token = current_catalogue.set(catalogues.Catalogue(language, pseudo_language.PseudoTranslations()))
    try:
        html = compose.build_preview(SAMPLES["reply"]).html
    finally:
        current_catalogue.reset(token)
    assert '<html lang="ar" dir="rtl">' in html
    assert "border-right:3px" in html and "border-left:3px" not in html


def test_each_paragraph_of_a_mail_has_its_own_direction_and_dates_do_not_reorder_a_line():
    sample = SAMPLES["reply"]
    message = dataclasses.replace(sample.messages[0], body="\u0645\u0631\u062d\u0628\u0627\n\nPrinter: HP-7.", html="")
    with use_language("ar"):
        seen = compose.build_preview(dataclasses.replace(sample, messages=(message,)))
    paragraph = BeautifulSoup(seen.html, "html.parser").find("p", string="Printer: HP-7.")
    assert paragraph["dir"] == "auto"
    assert f"\u2068{message.who}\u2069, \u2068{message.side}\u2069 \u00b7 \u2068" in seen.text
    assert "\u2068" not in compose.build_preview(sample).text
