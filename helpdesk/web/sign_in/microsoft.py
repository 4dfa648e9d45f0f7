"""Sign in with Microsoft. What its tokens prove is in domain.sign_in.providers."""

from helpdesk.web.sign_in.oauth_blueprint import RequestScopedBlueprint

blueprint = RequestScopedBlueprint("microsoft")
