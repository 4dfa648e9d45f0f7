"""Answers to questions that a form does not ask any more, because it was changed while somebody filled it in.

They are not lost: what was written goes below the description, and files become files of the ticket.
"""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from helpdesk.domain.forms.answers import display_value, field_name, parse_answer
from helpdesk.domain.forms.field_types import AnswerContext, InvalidAnswer, field_type_for, read_label
from helpdesk.domain.forms.field_types.base import clean_text
from helpdesk.domain.forms.published import is_asked
from helpdesk.extensions import db
from helpdesk.markup.markdown_escaping import escape_line_start, escape_text
from helpdesk.models.form import Field, Form, FormVersion

Texts = Callable[[Field], list[str]]


def list_former_fields(slug: str, names: set[str], asked: FormVersion | None, for_team: bool) -> list[Field]:
    """Return the fields called ``names`` that the form ``slug`` asked for once and ``asked`` does not.

    Each is that of the newest version that had it. Reads nothing where ``asked`` asks for all of them.
    """
    known = {field_name(field) for field in asked.fields if is_asked(field, for_team)} if asked else set()
    gone = {name for name in names if name.startswith("field-")} - known
    if not gone:
        return []
    fields = (
        select(Field)
        .join(Field.version)
        .join(FormVersion.form)
        .where(Form.slug == slug, FormVersion.published_at.is_not(None))
        .options(contains_eager(Field.version))
        .order_by(FormVersion.number.desc(), Field.position)
    )
    found: dict[str, Field] = {}
    for field in db.session.scalars(fields):
        if field_name(field) in gone and is_asked(field, for_team):
            found.setdefault(field_name(field), field)
    return list(found.values())


def add_former_answers(body: str, fields: list[Field], texts_of: Texts, context: AnswerContext) -> str:
    """Return ``body`` with the answers to ``fields`` below it, as Markdown; defaults and files are none."""
    paragraphs = [body.rstrip()]
    for field in fields:
        texts = [text for text in map(clean_text, texts_of(field)) if text]
        if texts and not field_type_for(field).is_file and texts != field_type_for(field).default_texts(field):
            paragraphs.append(_write_paragraph(f"{read_label(field)}: {_display(field, texts, context)}"))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) if paragraphs[1:] else body


def _display(field: Field, texts: list[str], context: AnswerContext) -> str:
    try:
        return display_value(field, parse_answer(field, texts, context))
    except InvalidAnswer:
        return ", ".join(texts)


def _write_paragraph(text: str) -> str:
    return "\n".join(escape_line_start(escape_text(line.strip(), is_last=True)) for line in text.split("\n"))
