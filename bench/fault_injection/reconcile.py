"""Runs the reconciliation of every channel at once, which the schedule would start only after the run."""

from datetime import timedelta

import helpdesk
from bench.fault_injection.disable_rule import replace_attribute


def main() -> None:
    """Compare every channel with Slack now."""
    app = helpdesk.create_app()
    from helpdesk.channels.slack import sync  # imported before the application it would be part of an import cycle

    replace_attribute(sync, "SYNC_INTERVAL", timedelta(0))
    with app.app_context():
        sync.sync_channels()


if __name__ == "__main__":
    main()
