"""The helpdesk: a customer portal with Slack and email in step."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from helpdesk.config import Config


def create_app(configuration: "Config | None" = None) -> "Flask":
    """Build the application from ``configuration``, or from the environment. Raises config.UnsafeConfiguration."""
    # Imported here, so that importing one package (the demo, a model) does not load the whole application. Modules make
    # no garbage; looking for some while they load took a fifth of the time.
    with _no_collection():
        from flask import Flask
        from werkzeug.middleware.proxy_fix import ProxyFix

        from helpdesk import cli, config, extensions, logging_setup, models, telemetry, web  # noqa: F401
        from helpdesk.channels.registration import register_channels
        from helpdesk.database import postgresql, replica, sqlite  # noqa: F401, each registers its event listeners
        from helpdesk.domain.administration import settings

    configuration = configuration or config.load_config()
    config.set_current(configuration)
    logging_setup.configure_logging(configuration)
    extensions.drop_redis_client()
    replica.reset()
    settings.invalidate_cache()
    register_channels()
    app = Flask(__name__)
    app.config.from_mapping(web.build_flask_settings(configuration))
    extensions.db.init_app(app)
    extensions.migrate.init_app(app, extensions.db, directory=config.MIGRATIONS_FOLDER, render_as_batch=True)
    extensions.mail.init_app(app)
    extensions.htmx.init_app(app)
    telemetry.start(app, configuration, logging_setup.clean)
    web.register_web(app)
    cli.register_commands(app)
    if configuration.TRUSTED_PROXIES:
        proxies = configuration.TRUSTED_PROXIES
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)
    return app


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause the collection of cyclic garbage, where it was on."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
