"""``_()``, ``ngettext()``, ``pgettext()`` and ``{% trans %}`` in templates.

``_()`` and its relatives return HTML without tags, whatever the translator wrote; tags come into a sentence as values
that are Markup. ``{% trans %}`` is for sentences whose tags are part of the sentence. In text templates (mails) both
return text. ``%`` is written ``%%`` everywhere in templates.
"""

from typing import Any

from jinja2 import Environment, pass_context, pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from markupsafe import Markup, escape

from helpdesk.translation import languages, numbers
from helpdesk.translation.catalogues import escape_sentence
from helpdesk.translation.current import current_catalogue
from helpdesk.translation.sentence_filter import FILTER, SentenceFilter

NUMBERS = (int, float)  # nothing to escape in them, and a sentence may say how they are written


def add_translation(environment: Environment) -> None:
    """Let templates translate, and know the language of the page."""
    environment.add_extension("jinja2.ext.i18n")
    environment.add_extension(SentenceFilter)
    environment.newstyle_gettext = True  # type: ignore[attr-defined]  # read by the extension, which has added the attribute
    environment.policies["ext.i18n.trimmed"] = True
    environment.globals.update(
        _=translate,
        gettext=translate_markup,
        ngettext=translate_plural,
        pgettext=translate_in_context,
        npgettext=translate_plural_in_context,
        page_language=get_page_language,
        offered_languages=languages.offered_languages,
    )
    environment.filters[FILTER] = translate_literal
    environment.filters.update(
        format_list=numbers.format_list,
        format_number=numbers.format_number,
        format_percent=numbers.format_percent,
    )


@pass_context  # with less, Jinja would call it once, when the template is compiled
def translate_literal(context: Context, message: str) -> str:
    """``_()`` of a literal without values: the sentence in the reader's language, escaped for HTML."""
    catalogue = current_catalogue.get()
    text = catalogue.escaped[message] if context.eval_ctx.autoescape else catalogue.plain[message]
    return text.replace("%%", "%") if "%" in text else text


@pass_eval_context
def translate(context: EvalContext, message: str, **values: Any) -> str:
    """Return the sentence in the reader's language, escaped for HTML, with escaped values."""
    catalogue = current_catalogue.get()
    return (
        fill_escaped(catalogue.escaped[message], values)
        if context.autoescape
        else _fill(catalogue.plain[message], values)
    )


@pass_eval_context
def translate_markup(context: EvalContext, message: str, **values: Any) -> str:
    """Return the sentence of ``{% trans %}``, whose tags stay, with escaped values."""
    catalogue = current_catalogue.get()
    return (
        fill_escaped(catalogue.markup[message], values)
        if context.autoescape
        else _fill(catalogue.plain[message], values)
    )


@pass_eval_context
def translate_in_context(context: EvalContext, meaning: str, message: str, **values: Any) -> str:
    """Return, escaped for HTML, a word that means several things, in the reader's language."""
    catalogue, key = current_catalogue.get(), (meaning, message)
    if context.autoescape:
        return fill_escaped(catalogue.escaped_in_context[key], values)
    return _fill(catalogue.plain_in_context[key], values)


@pass_eval_context
def translate_plural(context: EvalContext, singular: str, plural: str, num: int, **values: Any) -> str:
    """Return the form for ``num``, which is ``%(num)s`` in the sentence, with its thousands separated."""
    text = current_catalogue.get().translations.ngettext(singular, plural, num)
    return _fill_plural(context, text, num, values)


@pass_eval_context
def translate_plural_in_context(
    context: EvalContext, meaning: str, singular: str, plural: str, num: int, **values: Any
) -> str:
    """Return the form for ``num`` of a word that means several things."""
    text = current_catalogue.get().translations.npgettext(meaning, singular, plural, num)
    return _fill_plural(context, text, num, values)


def get_page_language() -> languages.Language:
    """Return the language of the page: its ``tag`` and its ``direction``."""
    return current_catalogue.get().language


def _fill_plural(context: EvalContext, text: str, num: int, values: dict[str, Any]) -> str:
    values = {**values, "num": numbers.format_number(num)}
    return fill_escaped(escape_sentence(text), values) if context.autoescape else text % values


def _fill(text: str, values: dict[str, Any]) -> str:
    return text % values if "%" in text else text


def fill_escaped(text: Markup, values: dict[str, Any]) -> Markup:
    """Write the escaped ``values`` into ``text``. The same as ``text % values`` in a third of the time."""
    if "%" not in text:
        return text
    escaped = {name: value if isinstance(value, NUMBERS) else escape(value) for name, value in values.items()}
    return Markup(str.__mod__(text, escaped))
