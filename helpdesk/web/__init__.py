"""The pages, the API and the webhooks. A view loads through permissions, calls the domain, commits, responds."""

from typing import Any

from flask import Flask

from helpdesk.config import Config
from helpdesk.database import postgresql, replica
from helpdesk.web import (
    account,
    api,
    csp_report,
    drafts,
    emoji,
    files,
    health,
    hooks,
    notifications,
    request,
    scim,
    second_factor_settings,
    settings,
    sign_in,
    static_files,
    theme,
    unsubscribe,
)
from helpdesk.web.desk import (
    agent_queue,
    bulk_update,
    palette,
    people,
    quarantine,
    queue_columns,
    review_comments,
    saved_views,
)
from helpdesk.web.desk import tags as desk_tags
from helpdesk.web.language import blueprint as language_blueprint
from helpdesk.web.live import routes
from helpdesk.web.middleware import (
    authentication,
    csrf,
    error_handlers,
    language,
    pipeline,
    security_headers,
)
from helpdesk.web.portal import articles, colleagues, installed, new_ticket, sign_in_ways, ticket_list
from helpdesk.web.reviews import quality, reports, review_queue, saved_reports, waiting_longest
from helpdesk.web.templating import (
    filters,
    fixed_parts,
    htmx_responses,
    kept_parts,
    macros,
    script_sentences,
    ticket_rows,
    timeline_rows,
)
from helpdesk.web.templating.environments import LanguageEnvironment
from helpdesk.web.tickets import (
    agent_tools,
    delivery_actions,
    followers,
    form_answers,
    links,
    markdown_preview,
    merge,
    message_edits,
    messages,
    ratings,
    reactions,
    requester,
    split,
    status,
    subject,
    ticket_page,
    transfer,
    undo,
)
from helpdesk.web.tickets import tags as ticket_tags

BLUEPRINTS = (
    *sign_in.BLUEPRINTS,
    account.blueprint,
    notifications.blueprint,
    second_factor_settings.blueprint,
    theme.blueprint,
    language_blueprint,
    csp_report.blueprint,
    unsubscribe.blueprint,
    ticket_list.blueprint,
    new_ticket.blueprint,
    installed.blueprint,
    colleagues.blueprint,
    sign_in_ways.blueprint,
    articles.blueprint,
    ticket_page.blueprint,
    messages.blueprint,
    message_edits.blueprint,
    reactions.blueprint,
    undo.blueprint,
    status.blueprint,
    form_answers.blueprint,
    followers.blueprint,
    ratings.blueprint,
    agent_tools.blueprint,
    links.blueprint,
    ticket_tags.blueprint,
    merge.blueprint,
    transfer.blueprint,
    requester.blueprint,
    split.blueprint,
    subject.blueprint,
    delivery_actions.blueprint,
    files.blueprint,
    emoji.blueprint,
    drafts.blueprint,
    markdown_preview.blueprint,
    agent_queue.blueprint,
    queue_columns.blueprint,
    saved_views.blueprint,
    desk_tags.blueprint,
    bulk_update.blueprint,
    review_comments.blueprint,
    quarantine.blueprint,
    people.blueprint,
    palette.blueprint,
    reports.blueprint,
    waiting_longest.blueprint,
    review_queue.blueprint,
    quality.blueprint,
    saved_reports.blueprint,
    health.blueprint,
    *api.BLUEPRINTS,
    scim.blueprint,
    routes.blueprint,
    hooks.blueprint,
    *settings.BLUEPRINTS,
)


def build_flask_settings(config: Config) -> dict[str, Any]:
    """The configuration of Flask and its extensions."""
    pool: dict[str, Any] = {"pool_size": 20, "max_overflow": 40, "pool_timeout": 10}
    if not config.is_sqlite:
        pool = postgresql.engine_options(config.DATABASE_URL, config.DATABASE_CONNECTIONS)
    replicas: dict[str, Any] = {}
    if config.DATABASE_REPLICA_URL:
        url = config.DATABASE_REPLICA_URL
        options = postgresql.replica_options(url, config.DATABASE_CONNECTIONS)
        replicas[replica.ENGINE] = {"url": url, "hide_parameters": True, **options}
    return {
        "SECRET_KEY": config.SECRET_KEY,
        "SECRET_KEY_FALLBACKS": list(config.SECRET_KEY_FALLBACKS),
        "SQLALCHEMY_DATABASE_URI": config.DATABASE_URL,
        "SQLALCHEMY_BINDS": replicas,
        "SQLALCHEMY_ENGINE_OPTIONS": pool | {"hide_parameters": True},  # an error in the log repeats no one's words
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
        **csrf.SETTINGS,
        "PREFERRED_URL_SCHEME": "https" if config.is_https else "http",
        "TEMPLATES_AUTO_RELOAD": False,
        **authentication.build_cookie_settings(config),
    }


def register_web(app: Flask) -> None:
    """Register everything that handles a request."""
    app.jinja_environment = LanguageEnvironment
    request.register(app)
    language.register(app)
    pipeline.register(app)
    security_headers.register(app)
    filters.register(app)
    static_files.register(app)
    macros.register(app)
    ticket_rows.register(app)
    timeline_rows.register(app)
    fixed_parts.register(app)
    kept_parts.register(app)
    script_sentences.register(app)
    htmx_responses.register(app)
    error_handlers.register(app)
    authentication.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
