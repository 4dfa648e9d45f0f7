"""Why a sign-in through a connection failed: a code that is stored, and its sentence for whoever puts it right."""

from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.translation import gettext, lazy_gettext

REASONS = {
    "address": lazy_gettext("The address of the provider may not be called: it is not on the public internet."),
    "unreachable": lazy_gettext("The provider does not answer."),
    "document": lazy_gettext("The provider's discovery document cannot be used."),
    "issuer": lazy_gettext("The provider names another issuer than the one entered here."),
    "algorithm": lazy_gettext("The provider signs in a way that is not accepted; choose RS256 or ES256 there."),
    "keys": lazy_gettext("The provider's keys cannot be fetched."),
    "key": lazy_gettext("The provider signed with a key that it does not publish."),
    "signature": lazy_gettext("The signature of the provider's answer is wrong."),
    "clock": lazy_gettext("The provider's clock and ours differ by more than a minute, or its answer was old."),
    "audience": lazy_gettext("The answer was made for another application; compare the client id."),
    "nonce": lazy_gettext("The answer belongs to another sign-in."),
    "response_issuer": lazy_gettext("The answer came from another provider than the one that was asked."),
    "token": lazy_gettext("The provider's answer cannot be read."),
    "claim": lazy_gettext("The provider's answer lacks a claim that every answer must have."),
    "no_address": lazy_gettext("The answer has no email address; let the provider send the claim email."),
    "domain": lazy_gettext("The provider named an address of a domain that is not proven for it."),
    "not_admitted": lazy_gettext("The provider named an address that may not sign in here."),
    "group": lazy_gettext("No group or claim of the person gives access."),
    "directory": lazy_gettext("The account is of another directory or workspace."),
    "secret": lazy_gettext("The provider refused our client id or secret; it may have run out."),
    "code": lazy_gettext("The provider refused the code; compare the redirect address that is registered there."),
    "refused": lazy_gettext("The provider refused the sign-in, or the person stopped it."),
    "userinfo": lazy_gettext("The provider's UserInfo endpoint did not answer, or spoke of somebody else."),
    "unsigned": lazy_gettext("The provider sent no ID token; ask it for the scope openid."),
}
# Whoever signs in meets these; what a visitor can bring about by themselves is not among them.
OF_EVERYBODY = frozenset(
    ("address", "unreachable", "document", "issuer", "algorithm", "keys", "key", "signature", "clock", "audience")
    + ("secret", "userinfo", "unsigned")
)


def describe(connection: SignInConnection) -> str:
    """Return the sentence of the last failure, with what is known beside it."""
    sentence = str(REASONS.get(connection.last_failure) or gettext("The sign-in failed."))
    return f"{sentence} ({connection.last_failure_detail})" if connection.last_failure_detail else sentence
