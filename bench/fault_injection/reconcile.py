"""Runs the reconciliation of every channel at once, which the schedule would start only after the run."""

from datetime import timedelta

import helpdesk
from helpdesk.channels.slack import sync


def main() -> None:
    """Compare every channel with Slack now."""
    if not hasattr(sync, "SYNC_INTERVAL"):
        raise SystemExit("sync.SYNC_INTERVAL does not exist any more.")
    sync.SYNC_INTERVAL = timedelta(0)
    with helpdesk.create_app().app_context():
        sync.sync_channels()


if __name__ == "__main__":
    main()
