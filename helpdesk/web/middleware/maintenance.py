"""Before a request: in maintenance mode whatever would save something is answered 503, in words."""

from flask import Response, request

from helpdesk.domain.administration import maintenance
from helpdesk.models.user import User
from helpdesk.translation import gettext
from helpdesk.web.middleware import authorization, error_handlers, request_transactions

RETRY_AFTER_SECONDS = "60"
# Who wants to read must be able to sign in, an admin to end it, and Slack and mail to leave what they bring.
ALLOWED_BLUEPRINTS = {
    "csp_report",
    "google",
    "hooks",
    "language",
    "magic_link",
    "microsoft",
    "second_factor",
    "settings_maintenance",
    "sign_in",
    "sign_in_approval",
    "sso",
    "theme",
    "unsubscribe",
}
ALLOWED_ENDPOINTS = {"account.stop_impersonation", "agent_tools.report_presence", *request_transactions.READ_ONLY_POSTS}


def refuse_writes(audience: str, _user: User | None) -> Response | None:
    """Answer 503 while maintenance mode is on. What was typed stays in its page, as after any other 503."""
    if request.method in request_transactions.SAFE_METHODS or request.blueprint in ALLOWED_BLUEPRINTS:
        return None
    if request.endpoint in ALLOWED_ENDPOINTS or not maintenance.is_on():
        return None
    sentence = notice = maintenance.current_notice()
    if audience != authorization.MACHINE:
        sentence = gettext("%(notice)s What you wrote is still in this page: send it again later.", notice=notice)
    return error_handlers.render_error_page(503, sentence, headers={"Retry-After": RETRY_AFTER_SECONDS})
