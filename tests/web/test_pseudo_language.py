"""In a language that is English with accents, no page has a word left without them.

The catalogue is made from messages.pot, so a sentence that is in no catalogue shows as it is written in the code.
"""

import re

import pytest
from babel.messages import pofile

from helpdesk.translation import languages
from tests.conventions.test_sentences_are_marked import CODE_TAGS, READ_ALOUD, Words
from tests.web import page_forms
from tests.web.test_crawler import STARTS, TEAM_STARTS, Crawler, kind_of, people, settings  # noqa: F401, fixtures

TEMPLATE = languages.FOLDER / "messages.pot"
ACCENTS = str.maketrans("aceiounsyzACEIOUNSYZ", "áćéíóúńśýźÁĆÉÍÓÚŃŚÝŹ")
KEPT = re.compile(r"%\(\w+\)[sd]|%%|<[^>]*>|\{\{.*?\}\}|&\w+;")
# The description of the API is English; what mails say is tested with the mails; a preview is in a language named in
# its address.
ELSEWHERE = re.compile(r"/api|/settings/mail/previews|.*\?language=")
WORD = re.compile(r"[A-Za-z]{3,}")
# What people wrote, names of products and settings, and what CLDR writes in the language that is replaced (German).
OTHER_WORDS = re.compile(
    r"Globex|Dana|Fields|Erin|Wolf|Maya|Lee|Ada|printer|Printer|Another|solved|Which|The old one|Red|Blue|Mine|Hello|Hook"
    r"|The printer is on fire|It really is|\b[Ee]verything|#c0\w+|(?:Short|Long)_Text|Multi_Select|Number|Date|Select"
    r"|Checkbox|Url|Person|File\b|name, domains.*|name,domains|scopes|Connection\w* .*|email|SQLite|PostgreSQL"
    r"|Token|Help|Support|Slack|English|Deutsch|Google|Microsoft|UTC|CSV|DKIM|DNS|You should be redirected.*|. If not, click.*"
    r"|Januar|Februar|März|April|Mai|Juni|Juli|August|Sept(?:ember)?|Okt(?:ober)?|Nov(?:ember)?|Dez(?:ember)?"
    r"|Std|Min|Tag|Monaten?|und|oder"
    r"|[\w.-]+@[\w.-]+|[\w.-]+\.(?:example|com|de|csv|json|html?)\b|https?:\S+|[A-Z]+_[A-Z_]+|\{\{\w+\}\}|C0[A-Z]+"
    r"|/\S+|[\w]+[.:][\w.]+|Ctrl|Enter|Esc|Shift|Amazon SES|Mailgun|Postmark|SendGrid|TXT|\b[a-z]+(?:_[a-z]+)+\b"
    r"|\b(?:email|name|organization|sees|domains|addresses)(?=[,.])|,organization\b|“name”"
)


def accent(text: str) -> str:
    """``text`` with accents on its vowels and consonants, except in placeholders and tags."""
    parts, position = [], 0
    for kept in KEPT.finditer(text):
        parts += [text[position : kept.start()].translate(ACCENTS), kept[0]]
        position = kept.end()
    return "".join(parts) + text[position:].translate(ACCENTS)


def entries() -> str:
    """The catalogue of the language, as the text of a .po file."""
    with TEMPLATE.open("rb") as file:
        template = pofile.read_po(file)
    blocks = []
    for message in template:
        if not message.id:
            continue
        forms = message.id if isinstance(message.id, tuple) else (message.id,)
        context = [f"msgctxt {quote(message.context)}"] if message.context else []
        ids = [f"msgid {quote(forms[0])}"] + [f"msgid_plural {quote(forms[1])}" for _ in forms[1:]]
        texts = (
            [f"msgstr {quote(accent(forms[0]))}"]
            if len(forms) == 1
            else [f"msgstr[{number}] {quote(accent(form))}" for number, form in enumerate(forms)]
        )
        blocks.append("\n".join(context + ids + texts))
    return "\n\n".join(blocks) + "\n"


def quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


class Left(Words):
    """Collects words without accents, with the text they are in."""

    def handle_starttag(self, tag, attributes):
        if tag in CODE_TAGS | {"option", "datalist"}:
            self.inside.append(tag)
        for name, text in attributes:
            if name in READ_ALOUD:
                self.judge(text or "", f"{name}=")

    def handle_data(self, data):
        if not self.inside:
            self.judge(data, "")

    def judge(self, text: str, where: str) -> None:
        rest = OTHER_WORDS.sub(" ", text)
        if any(
            word for word in WORD.findall(rest) if not re.search(rf"[^\W\d_a-zA-Z]{word}|{word}[^\W\d_a-zA-Z]", rest)
        ):
            self.found.append(where + " ".join(text.split())[:120])


def words_left(page: str) -> list[str]:
    parser = Left()
    parser.feed(page)
    parser.close()
    return parser.found


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("role", ("customer", "agent", "admin"))
def test_no_english_is_left_on_any_page(role, people, app, write_catalogue):  # noqa: F811, the fixture
    write_catalogue("de", entries())
    crawler = Crawler(app, people[role])
    crawler.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
    left: dict[str, str] = {}
    waiting, seen = list(STARTS.get(role, TEAM_STARTS)), set()
    while waiting:
        path = waiting.pop(0)
        if kind_of(path) in seen:
            continue
        seen.add(kind_of(path))
        answer = crawler.open(path)
        if answer.mimetype != "text/html" or answer.status_code >= 400 or ELSEWHERE.match(path):
            continue
        waiting += page_forms.links_of(page_forms.parse(answer), path)
        for words in words_left(answer.text):
            left.setdefault(words, path)
    assert len(seen) > 10
    assert left == {}


def test_a_word_without_accents_is_found():
    assert words_left('<p title="Ŕéád">Áńd móré <b>left over</b></p><code>code</code>') == ["left over"]
