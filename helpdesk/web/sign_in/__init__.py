"""Coming in: one page, three ways, each in its own file."""

from helpdesk.web.sign_in import google, magic_link, microsoft, page

BLUEPRINTS = (page.blueprint, magic_link.blueprint, google.blueprint, microsoft.blueprint)
