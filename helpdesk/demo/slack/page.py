"""The page, to come."""


def register(app, ws) -> None:
    app.add_url_rule("/", "home", lambda: "workspace")


def is_somebody(ws) -> bool:
    return False
