"""Sign in: one page, each way of signing in in a file of its own, and the second factor."""

from helpdesk.web.sign_in import approval, google, login_page, magic_link, microsoft, own_provider, second_factor

BLUEPRINTS = (
    login_page.blueprint,
    magic_link.blueprint,
    approval.blueprint,
    google.blueprint,
    microsoft.blueprint,
    own_provider.blueprint,
    second_factor.blueprint,
)
