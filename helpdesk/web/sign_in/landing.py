"""The last step of every way in: the session begins, and one lands where one wanted to go."""

from urllib.parse import urlencode

from flask import Response, redirect

from helpdesk.domain.sign_in.entering import Entry
from helpdesk.extensions import db
from helpdesk.web import access, identity


def land(entry: Entry, provider: str, next_path: str | None) -> Response:
    """Sign ``entry``'s user in, commit, and go on; a person of several organizations chooses first."""
    identity.sign_in(entry.user, provider)
    db.session.commit()
    target = access.safe_next(next_path) or identity.home(entry.user)
    if len(entry.organizations) > 1:
        target = "/account/organization?" + urlencode({"next": target})
    return redirect(target, 303)
