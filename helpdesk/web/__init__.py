"""HTTP: load through permissions, call one verb, commit, answer."""

from datetime import timedelta

from flask import Flask

from helpdesk import postgresql
from helpdesk.config import Config
from helpdesk.web import (
    account,
    answers,
    api,
    deliveries,
    desk,
    errors,
    escaping,
    files,
    filing,
    filters,
    forgery,
    fragments,
    given,
    headers,
    health,
    hooks,
    identity,
    live,
    macros,
    portal,
    previews,
    progress,
    quarantine,
    replies,
    review,
    settings,
    sign_in,
    small,
    team,
    ticket_people,
    tickets,
    transactions,
)

BLUEPRINTS = (
    *sign_in.BLUEPRINTS,
    account.blueprint,
    small.blueprint,
    portal.blueprint,
    filing.blueprint,
    tickets.blueprint,
    replies.blueprint,
    progress.blueprint,
    answers.blueprint,
    ticket_people.blueprint,
    team.blueprint,
    deliveries.blueprint,
    files.blueprint,
    previews.blueprint,
    desk.blueprint,
    quarantine.blueprint,
    review.blueprint,
    health.blueprint,
    *api.BLUEPRINTS,
    live.blueprint,
    hooks.blueprint,
    *settings.BLUEPRINTS,
)


def flask_settings(config: Config) -> dict:
    """What Flask and its extensions want to know, from our settings."""
    pool = {"pool_size": 20, "max_overflow": 40, "pool_timeout": 10}
    if not config.is_sqlite:
        pool |= postgresql.OPTIONS
    return {
        "SECRET_KEY": config.SECRET_KEY,
        "SECRET_KEY_FALLBACKS": list(config.SECRET_KEY_FALLBACKS),
        "SQLALCHEMY_DATABASE_URI": config.DATABASE_URL,
        "SQLALCHEMY_ENGINE_OPTIONS": pool,
        "MAIL_SERVER": config.MAIL_SERVER,
        "MAIL_PORT": config.MAIL_PORT,
        "MAIL_USE_TLS": config.MAIL_USE_TLS,
        "MAIL_USE_SSL": config.MAIL_USE_SSL,
        "MAIL_USERNAME": config.MAIL_USERNAME or None,
        "MAIL_PASSWORD": config.MAIL_PASSWORD or None,
        "MAIL_DEFAULT_SENDER": config.MAIL_DEFAULT_SENDER or None,
        "MAIL_DEBUG": False,
        "MAX_CONTENT_LENGTH": 210 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "MAX_FORM_PARTS": 500,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_HEADERS": ["X-CSRFToken"],
        "PREFERRED_URL_SCHEME": "https" if config.is_https else "http",
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(days=365),
        "TEMPLATES_AUTO_RELOAD": False,
        **identity.cookie_settings(config),
    }


def register(app: Flask) -> None:
    """Everything a request meets, in the order it meets it."""
    app.ensure_sync = _as_it_is
    given.register(app)
    transactions.register(app)
    headers.register(app)
    escaping.register(app)
    filters.register(app)
    macros.register(app)
    forgery.register(app)
    fragments.register(app)
    errors.register(app)
    identity.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)


def _as_it_is(function):
    """None of ours is asynchronous; Flask would look closely at a dozen functions in every request to find that out."""
    return function
