"""The language of a request: of the person, of a choice on the sign-in page, or of the browser."""

from functools import lru_cache

from flask import Flask, g, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from helpdesk import extensions, translation
from helpdesk.database import errors as database_errors
from helpdesk.domain.people import reader_language
from helpdesk.models.user import User
from helpdesk.translation.languages import ENGLISH, offered_codes
from helpdesk.web import cookies

COOKIE = "language"
PROGRAM_PATHS = ("/api/", "/healthz", "/readyz", "/metrics")  # programs read English
HOOK_PATHS = "/hooks/"  # what comes from a chat or by mail is answered in the team's language


def register(app: Flask) -> None:
    """Let Flask-Babel format in the language of the request."""
    extensions.babel.init_app(app, locale_selector=translation.current_code)


def use_language_of_browser() -> None:
    """Answer in the language of the browser, or of the program, until the person is known."""
    g.language_before = translation.current_code()
    path = request.path
    if path.startswith(PROGRAM_PATHS):
        translation.set_language(ENGLISH)
    elif path.startswith(HOOK_PATHS):
        translation.set_language(_get_team_language())
    else:
        translation.set_language(_get_language_of_nobody())


def restore_language() -> None:
    """Go back to the language that this thread had before the request."""
    translation.set_language(g.pop("language_before", ENGLISH))


def use_language_of(user: User) -> None:
    """Answer in the language of ``user``, who has just been found to be signed in."""
    if len(offered_codes()) > 1:
        translation.set_language(reader_language.get_reader_language(user, get_browser_languages()))


def get_browser_languages() -> list[str]:
    """Return the codes of offered languages that this browser chose on the sign-in page or names, the best first."""
    current = request._get_current_object()
    chosen, accepted = current.cookies.get(get_cookie_name(), ""), current.headers.get("Accept-Language", "")
    return list(_match_languages(chosen, accepted, offered_codes()))


@lru_cache(maxsize=500)
def _match_languages(chosen: str, accepted: str, _offered: tuple[str, ...]) -> tuple[str, ...]:
    tags = [chosen, *(tag for tag, quality in parse_accept_header(accepted, LanguageAccept) if quality > 0)]
    codes = [translation.match_language(tag[:35]) for tag in tags if tag != "*"]
    return tuple(code for code in codes if code)


def get_cookie_name() -> str:
    """Return the name of the cookie that has the language chosen on the sign-in page."""
    return cookies.get_cookie_name(COOKIE)


def _get_language_of_nobody() -> str:
    if len(offered_codes()) == 1:
        return ENGLISH
    for code in get_browser_languages():
        return code
    return _get_team_language()


def _get_team_language() -> str:
    try:
        return reader_language.get_team_language()
    except (SQLAlchemyError, *database_errors.UNAVAILABLE_ERRORS):
        extensions.db.session.rollback()  # else what asks next finds a transaction that cannot go on
        return ENGLISH  # the page that says so needs no database
