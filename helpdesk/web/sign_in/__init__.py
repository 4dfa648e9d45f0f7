"""Sign in: one page and three methods, each in its own file."""

from helpdesk.web.sign_in import google, login_page, magic_link, microsoft, second_factor

BLUEPRINTS = (
    login_page.blueprint,
    magic_link.blueprint,
    google.blueprint,
    microsoft.blueprint,
    second_factor.blueprint,
)
