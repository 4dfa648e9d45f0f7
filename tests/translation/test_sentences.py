"""Sentences come from the catalogue of the language in use; in templates they are escaped."""

import os
import threading

import jinja2
from markupsafe import Markup

from helpdesk import translation
from helpdesk.translation import catalogues
from helpdesk.translation.templates import add_translation
from helpdesk.web.templating.environments import LanguageEnvironment

GERMAN = """
msgid "Assigned to %(name)s."
msgstr "Zugewiesen an %(name)s."

msgid "%(num)s ticket"
msgid_plural "%(num)s tickets"
msgstr[0] "%(num)s Ticket"
msgstr[1] "%(num)s Tickets"

msgctxt "button"
msgid "Open"
msgstr "Öffnen"

msgid "Search & find"
msgstr "\\"Suchen\\" <b>& finden</b>"

msgid "100%%"
msgstr "100 %%"

msgid "Read <b>%(name)s</b>"
msgstr "<b>%(name)s</b> lesen"

#, fuzzy
msgid "Guess"
msgstr "Raten"
"""


def render(source: str, name: str = "page.html", **values) -> str:
    environment = jinja2.Environment(
        loader=jinja2.DictLoader({name: source}), autoescape=lambda name: not name.endswith(".txt")
    )
    add_translation(environment)
    return environment.get_template(name).render(**values)


def test_without_a_language_it_is_english():
    assert translation.gettext("Assigned to %(name)s.", name="Maya") == "Assigned to Maya."
    assert translation.gettext("100% of them") == "100% of them"
    assert translation.ngettext("%(num)s ticket", "%(num)s tickets", 1) == "1 ticket"
    assert translation.ngettext("%(num)s ticket", "%(num)s tickets", 1200) == "1,200 tickets"
    assert translation.format_list(["a", "b", "c"]) == "a, b and c"


def test_a_block_has_its_language_and_gives_back_the_former(write_catalogue):
    write_catalogue("de", GERMAN)
    label = translation.lazy_pgettext("button", "Open")
    with translation.use_language("de"):
        assert translation.gettext("Assigned to %(name)s.", name="Maya") == "Zugewiesen an Maya."
        assert translation.ngettext("%(num)s ticket", "%(num)s tickets", 1200) == "1.200 Tickets"
        assert translation.pgettext("button", "Open") == str(label) == "Öffnen"
        assert translation.gettext("Open") == "Open"
        assert translation.gettext("Guess") == "Guess", "a fuzzy entry is no translation"
        with translation.use_language(None):
            assert str(label) == "Open"
        assert translation.current_code() == "de"
    assert translation.current_code() == "en"


def test_another_thread_is_not_concerned(write_catalogue):
    write_catalogue("de", GERMAN)
    codes = []
    with translation.use_language("de"):
        thread = threading.Thread(target=lambda: codes.append(translation.current_code()))
        thread.start()
        thread.join()
    assert codes == ["en"]


def test_a_language_is_offered_if_it_has_a_catalogue(write_catalogue):
    write_catalogue("de", GERMAN)
    assert [language.code for language in translation.offered_languages()] == ["en", "de"]
    assert [translation.match_language(tag) for tag in ("de-AT", "DE", "fr", "en-US", "")] == [
        "de",
        "de",
        None,
        "en",
        None,
    ]
    assert translation.get_language("ar").code == "en"
    write_catalogue("pt_BR", "")
    assert translation.match_language("pt-PT") == "pt_BR"


def test_the_compiled_catalogue_is_read_unless_it_is_older(write_catalogue):
    source = write_catalogue("de", GERMAN)
    compiled = source.with_suffix(".mo")
    compiled.write_bytes(catalogues.compile_catalogue(source))
    source.write_text(source.read_text().replace("Zugewiesen", "Gegeben"))
    for stamp, word in ((1, "Zugewiesen"), (2**31, "Gegeben")):
        os.utime(source, (stamp, stamp))
        catalogues.clear_catalogues()
        with translation.use_language("de"):
            assert translation.gettext("Assigned to %(name)s.", name="Maya").startswith(word)


def test_what_a_translator_wrote_is_escaped_and_values_too(write_catalogue):
    write_catalogue("de", GERMAN)
    with translation.use_language("de"):
        assert render('{{ _("Search & find") }}') == "&#34;Suchen&#34; &lt;b&gt;&amp; finden&lt;/b&gt;"
        assert render('{{ _("100%%") }}') == "100 %"
        assert render('{{ _("Assigned to %(name)s.", name="<x>") }}') == "Zugewiesen an &lt;x&gt;."
        assert render('{{ _("Assigned to %(name)s.", name=x) }}', x=Markup("<b>M</b>")) == "Zugewiesen an <b>M</b>."
        assert render("{% trans name='<x>' %}Read <b>{{ name }}</b>{% endtrans %}") == "<b>&lt;x&gt;</b> lesen"
        assert render('{{ ngettext("%(num)s ticket", "%(num)s tickets", 1200) }}') == "1.200 Tickets"
        assert render('{{ pgettext("button", "Open") }}') == "Öffnen"
        assert render("{{ page_language().tag }}") == "de"


def test_a_text_template_is_not_escaped(write_catalogue):
    write_catalogue("de", GERMAN)
    with translation.use_language("de"):
        assert render('{{ _("Search & find") }}', "mail.txt") == '"Suchen" <b>& finden</b>'
        assert render('{{ _("Assigned to %(name)s.", name="<x>") }}', "mail.txt") == "Zugewiesen an <x>."
    assert render('{{ _("Don\'t & do") }}') == "Don't &amp; do"


def test_a_literal_alone_follows_the_language_of_each_rendering(write_catalogue):
    write_catalogue("de", GERMAN)
    environment = jinja2.Environment(autoescape=True)
    add_translation(environment)
    template = environment.from_string('{{ _("Search & find") }}{% set a = _("100%%") ~ _ %}')
    assert template.render() == "Search &amp; find"
    with translation.use_language("de"):
        assert "Suchen" in template.render()


def test_weeks_begin_as_where_the_language_is_spoken():
    for code, day in {"en": 0, "de": 0, "pt_BR": 6, "ja": 6, "ar": 5}.items():
        with translation.use_language(code):
            assert translation.first_weekday() == day, code


def test_a_template_of_the_application_is_compiled_for_each_language(app, write_catalogue):
    write_catalogue("de", GERMAN)
    source = (
        '{{ _("Search & find") }}|{{ pgettext("button", "Open") if x else "-" }}|{{ _("100%%") }}|'
        '{{ _("Assigned to %(name)s.", name="<x>") }}|{{ "<" ~ _("Search & find") }}|{% include "part.html" %}'
    )
    files = {"page.html": source, "part.html": '{{- _("Search & find") -}}', "text.txt": '{{ _("Search & find") }}'}
    environment = LanguageEnvironment(
        app, loader=jinja2.DictLoader(files), autoescape=lambda name: not (name or "").endswith(".txt")
    )
    add_translation(environment)
    english = "Search &amp; find|Open|100%|Assigned to &lt;x&gt;.|&lt;Search &amp; find|Search &amp; find"
    found = "&#34;Suchen&#34; &lt;b&gt;&amp; finden&lt;/b&gt;"
    german = f"{found}|Öffnen|100 %|Zugewiesen an &lt;x&gt;.|&lt;{found}|{found}"
    for code, page, text in (
        ("en", english, "Search & find"),
        ("de", german, '"Suchen" <b>& finden</b>'),
        ("en", english, "Search & find"),
    ):
        with translation.use_language(code):
            assert environment.get_template("page.html").render(x=1) == page
            assert environment.get_template("text.txt").render() == text
            assert environment.from_string(source).render(x=1) == page, "a template without a file"
