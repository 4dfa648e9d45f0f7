"""Sign in with Google. What its tokens prove is in domain.sign_in.providers."""

from helpdesk.web.sign_in.request_scoped import RequestScopedBlueprint

blueprint = RequestScopedBlueprint("google")
