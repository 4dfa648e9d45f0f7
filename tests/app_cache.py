"""Applications are kept for the tests of one process: building one takes longer than most tests.

Registering some 250 addresses costs about 0.2 s of CPU, nearly all of it in the routing library's compiler. What a
test may change is made anew each time: the configuration, Flask's settings, the mail connection and the caches.
"""

from collections import OrderedDict

from flask import Flask

import helpdesk
from helpdesk import config, extensions, logging_setup, web
from helpdesk.domain.administration import settings
from helpdesk.domain.rules import definition

KEPT = 4  # applications a process
# Not read while an application is built.
READ_WHEN_USED = {"VAR_DIR", "STORAGE_URL", "SLACK_API_URL", "MAIL_SERVER", "MAIL_PORT"}
_apps: OrderedDict[str, tuple[Flask, dict]] = OrderedDict()


def get_app(configuration: config.Config) -> Flask:
    """Return an application with ``configuration``: one of a former test with the same settings, or a new one."""
    values = configuration.as_dict()
    key = repr(sorted((name, value) for name, value in values.items() if name not in READ_WHEN_USED))
    if key in _apps:
        app, defaults = _apps[key]
        _apps.move_to_end(key)
        app.config.clear()
        app.config.update(defaults)
        app.config.from_mapping(web.build_flask_settings(configuration))
        config.set_current(configuration)
        logging_setup.configure_logging(configuration)
        extensions.drop_redis_client()
        extensions.mail.init_app(app)
        settings.invalidate_cache()
        definition.invalidate_cache()
        return app
    app = helpdesk.create_app(configuration)
    _apps[key] = app, dict(app.config)
    if len(_apps) > KEPT:
        _apps.popitem(last=False)
    return app
