"""Before a request: the second factor of the team, and a recent proof before what is sensitive."""

from urllib.parse import urlencode

from flask import Response, abort, redirect, request

from helpdesk import clock, extensions
from helpdesk.domain.authentication import second_factor
from helpdesk.models.user import User
from helpdesk.web.middleware import authorization, request_transactions
from helpdesk.web.request import get_path_of_page

ALLOWED_BLUEPRINTS = {
    "second_factor",
    "second_factor_settings",
    "sign_in",
    "magic_link",
    "google",
    "microsoft",
    "sso",
    "theme",
}
# What gives or takes access, or hands out data: it needs a proof not older than second_factor.RECENT_PROOF.
SENSITIVE_ENDPOINTS = {
    "settings_people.set_role",
    "settings_people.turn_off_second_factor",
    "settings_people.unlink_identity",
    "settings_person_address.change_person",
    "settings_merging.merge_people",
    "settings_merging.merge_organizations",
    "settings_merging.move_tickets",
    "settings_operations.undo_operation",
    "settings_team.invite_agent",
    "settings_setup_connections.enter_connection",
    "settings_setup_connections.remove_connection",
    "settings_api_tokens.create_api_token",
    "settings_connections.create_connection",
    "settings_connections.update_connection",
    "settings_connections.delete_connection",
    "settings_connections.vouch_for_domain",
    "settings_connections.issue_token",
    "settings_connections.set_team_rule",
    "settings_organization_sign_in.save_ways",
    "settings_data_requests.export_person",
    "settings_data_requests.export_organization",
    "settings_data_requests.erase_person",
    "settings_data_requests.erase_organization",
    "account.unlink_identity",
    "colleague_sign_in.save_ways",
    "colleague_sign_in.show_new_connection",
    "colleague_sign_in.create_connection",
    "colleague_sign_in.update_connection",
    "colleague_sign_in.delete_connection",
    "colleague_sign_in.issue_token",
    "second_factor_settings.add_app",
    "second_factor_settings.remove_app",
    "second_factor_settings.begin_passkey",
    "second_factor_settings.add_passkey",
    "second_factor_settings.remove_passkey",
    "second_factor_settings.turn_off",
    "second_factor_settings.renew_recovery_codes",
}


def require_second_factor(_audience: str, user: User | None) -> Response | None:
    """Send to the page of the second factor whoever has not given it in this session."""
    if user is None or not user.is_authenticated or request.blueprint in ALLOWED_BLUEPRINTS:
        return None
    step = second_factor.find_missing_step(user.viewer if user.is_impersonating else user, user.session)
    if not step:
        return None
    return _send_to("/account/second-factor" if step == "set_up" else "/sign-in/second-factor")


def require_recent_proof(_audience: str, user: User | None) -> Response | None:
    """Ask who it is again before what is sensitive, if the last proof is some time ago."""
    if user is None or not user.is_authenticated or request.endpoint not in SENSITIVE_ENDPOINTS:
        return None
    proved_at = user.session.proved_at
    if proved_at is not None and proved_at > clock.now() - second_factor.RECENT_PROOF:
        return None
    return _send_to("/sign-in/again")


def _send_to(path: str) -> Response:
    """Redirect to ``path``, from where the present page can be gone to."""
    if request.accept_mimetypes.best == "text/event-stream":
        abort(401)
    page = request.full_path.rstrip("?") if request.method in request_transactions.SAFE_METHODS else request.referrer
    next_path = get_path_of_page(extensions.htmx.current_url if extensions.htmx else page)
    here = authorization.get_safe_next_path(next_path)
    address = path + ("?" + urlencode({"next": here}) if here and here != "/" else "")
    if extensions.htmx:
        return Response(status=401, headers={"HX-Redirect": address})
    return redirect(address, 303)
