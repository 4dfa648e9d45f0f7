"""Whose language: a person's choice, else their browser's, else their organization's, else the installation's."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from helpdesk.database import transactions
from helpdesk.domain.administration import settings
from helpdesk.models.organization import Organization
from helpdesk.models.user import User
from helpdesk.translation import use_language
from helpdesk.translation.languages import ENGLISH, offered_codes

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def get_reader_language(
    user: User | None, browser: Iterable[str] = (), organization: Organization | None = None
) -> str:
    """Return the code of the language in which ``user`` reads.

    ``browser``: codes of offered languages that their browser names, the best first; empty for a mail.
    ``organization``: that of a reader without an account.
    """
    offered = offered_codes()
    if len(offered) == 1:
        return ENGLISH
    if user is not None and user.language in offered:
        return user.language or ENGLISH
    for code in browser:
        return code
    organization = user.organization if user is not None and organization is None else organization
    if organization is not None and organization.language in offered:
        return organization.language or ENGLISH
    return get_team_language()


def get_team_language() -> str:
    """Return the language of the installation: of the team's chat, and of whoever is nobody's customer."""
    code = settings.get("language")
    return code if code in offered_codes() else ENGLISH


def in_team_language(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Let sentences be in the team's language in ``function``: for what the team reads in a chat, whoever causes it."""

    @wraps(function)
    def run(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        with use_language(get_team_language() if len(offered_codes()) > 1 else ENGLISH):
            return function(*arguments, **options)

    return run


@contextmanager
def use_team_language() -> Iterator[None]:
    """Let sentences be in the team's language while the block runs: what a worker stores is read by the team.

    It begins outside any transaction.
    """
    code = ENGLISH
    if len(offered_codes()) > 1:
        with transactions.read_only():
            code = get_team_language()
    with use_language(code):
        yield
