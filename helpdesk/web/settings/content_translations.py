"""What admins wrote in further languages: what is missing in each, and the texts side by side."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.content_translation import editing, lookup, texts
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.extensions import db
from helpdesk.translation import LANGUAGES, Language, ngettext
from helpdesk.web import stale_forms
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_content_translations", __name__, url_prefix="/settings/translations")
PAGE_SIZE = 50  # texts of one page


@blueprint.get("")
@authorization.admin_only
def show_overview() -> ResponseReturnValue:
    """What is translated and what is missing, by language; with ``?of=`` of one form or the replies."""
    groups = texts.list_groups()
    chosen = next((group for group in groups if group.name == request.args.get("of")), None)
    return navigation.render_settings_page(
        "settings/translations.html",
        groups=groups,
        chosen=chosen,
        progress=editing.count_progress([chosen] if chosen else groups),
    )


@blueprint.get("/<language>")
@authorization.admin_only
def show_language(language: str) -> ResponseReturnValue:
    """Show the texts of one group beside their translations, fifty on a page; ``?missing=1`` those without one."""
    return render_page(get_language_or_404(language))


@blueprint.post("/<language>")
@authorization.admin_only
def save_language(language: str) -> ResponseReturnValue:
    """Save the translations of a page; others stay as they are."""
    chosen = get_language_or_404(language)
    group = find_group(texts.list_groups(), chosen) or abort(404)
    given = {key: value for key, value in request.form.items() if any(text.key == key for text in group.texts)}
    try:
        stale_forms.begin_change(lambda: stored_values(group, lookup.load_texts(chosen.code), given))
        changed = editing.save_translations(chosen.code, group, given, authentication.get_current_user())
    except ValidationError as error:
        db.session.rollback()
        return render_page(chosen, given, error.errors), 422
    except ConflictError as error:
        db.session.rollback()
        return render_page(chosen, given, {"": error.message}), 409
    db.session.commit()
    flash(ngettext("%(num)s translation is saved.", "%(num)s translations are saved.", changed), "success")
    return redirect(request.full_path, 303)


def get_language_or_404(code: str) -> Language:
    """Return the language, if there is something to translate into it, else 404."""
    return next((each for each in editing.list_languages() if each.code == code), None) or abort(404)


def find_group(groups: list[texts.TextGroup], language: Language) -> texts.TextGroup | None:
    """The group named in the URL, else the first that misses something; None if there is nothing to translate."""
    named = next((group for group in groups if group.name == request.args.get("of")), None)
    if named or not groups:
        return named
    stored = lookup.load_texts(language.code)
    return next((group for group in groups if editing.list_missing(group, stored)), groups[0])


def stored_values(group: texts.TextGroup, stored: lookup.Texts, keys: Any) -> dict[str, str]:
    """Return the stored translations of the texts with these keys, by key."""
    return {text.key: stored.get((text.part, text.source), "") for text in group.texts if text.key in keys}


def render_page(language: Language, typed: dict[str, str] | None = None, errors: dict[str, Any] | None = None) -> str:
    """Render the page of one language and group, with stored translations or with what was typed and the errors."""
    groups, stored = texts.list_groups(), lookup.load_texts(language.code)
    group = find_group(groups, language)
    only_missing = request.args.get("missing") == "1"
    listed = (editing.list_missing(group, stored) if only_missing else group.texts) if group else []
    if typed is not None and group:
        listed = [text for text in group.texts if text.key in typed]
    start = min(parse_id(request.args.get("from")) or 0, max(0, len(listed) - 1)) // PAGE_SIZE * PAGE_SIZE
    shown = listed if typed is not None else listed[start : start + PAGE_SIZE]
    values = stored_values(group, stored, {text.key for text in shown}) if group else {}
    return navigation.render_settings_page(
        "settings/translation.html",
        language=language,
        languages=editing.list_languages(),
        original=LANGUAGES[editing.get_team_language()],
        groups=[(each, len(editing.list_missing(each, stored))) for each in groups],
        group=group,
        shown=shown,
        values=values | (typed or {}),
        loaded=stale_forms.fingerprint(values),
        errors=errors or {},
        only_missing=only_missing,
        before=start - PAGE_SIZE if start else None,
        after=start + PAGE_SIZE if typed is None and start + PAGE_SIZE < len(listed) else None,
    )
