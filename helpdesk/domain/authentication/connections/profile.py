"""What the first sign-in through a connection fills in: name, picture, language and time zone, where none is set."""

from helpdesk import clock
from helpdesk.domain.authentication.provider_claims import ProviderClaims
from helpdesk.domain.people import changes, users
from helpdesk.models.user import User
from helpdesk.translation import LANGUAGES

MAX_PICTURE_LENGTH = 500


def fill_in(user: User, claimed: ProviderClaims) -> None:
    """Fill in what ``user`` has not chosen; nothing that they or somebody else has set is changed."""
    given = claimed.profile
    if not user.name and claimed.name:
        changes.rename(user, users.clean_name(claimed.name))
    picture = given.get("picture", "")
    if user.picture_url is None and _is_picture(picture):
        user.picture_url = picture
    if user.language is None and (code := find_language(given.get("locale", ""))):
        user.language = code
    if user.time_zone is None and given.get("zoneinfo"):
        user.time_zone = clock.find_time_zone(given["zoneinfo"])


def find_language(locale: str) -> str | None:
    """Return the language offered here for a claim such as "pt-BR" or "de_AT" (BCP 47); None if there is none."""
    wanted = locale.replace("-", "_").lower()
    codes = {code.lower(): code for code in LANGUAGES}
    return codes.get(wanted) or codes.get(wanted.partition("_")[0])


def _is_picture(url: str) -> bool:
    return url.startswith("https://") and len(url) <= MAX_PICTURE_LENGTH and url.isprintable() and " " not in url
