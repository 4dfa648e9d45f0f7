"""The helpdesk: a customer portal with Slack and email in step."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from helpdesk.config import Config


def create_app(configuration: "Config | None" = None) -> "Flask":
    """The whole application for ``configuration``, or for what the environment says. Raises config.UnsafeStart."""
    # Imported here, so that a room can be entered (the demo's, a model's) without building the whole house.
    from flask import Flask
    from werkzeug.middleware.proxy_fix import ProxyFix

    from helpdesk import cli, config, extensions, logs, models, web  # noqa: F401
    from helpdesk.domain import settings

    configuration = configuration or config.load()
    config.use(configuration)
    logs.set_up(configuration)
    extensions.forget_redis()
    settings.forget()
    app = Flask(__name__)
    app.config.from_mapping(web.flask_settings(configuration))
    extensions.db.init_app(app)
    extensions.migrate.init_app(app, extensions.db, directory=config.MIGRATIONS, render_as_batch=True)
    extensions.csrf.init_app(app)
    extensions.mail.init_app(app)
    extensions.htmx.init_app(app)
    web.register(app)
    cli.register(app)
    if configuration.TRUSTED_PROXIES:
        proxies = configuration.TRUSTED_PROXIES
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)
    return app
