"""Sign in with Google. Its tokens are verified in ``domain.authentication.oidc``."""

from helpdesk.web.sign_in.oauth_blueprint import RequestScopedBlueprint

blueprint = RequestScopedBlueprint("google")
