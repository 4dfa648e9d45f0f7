"""The process of the simulated external services: Slack workspace, mailbox, sign-in providers."""

import os

from helpdesk.demo import combined_app


def main() -> None:
    """Serve until a signal arrives."""
    combined_app.run_demo(
        port=int(os.environ["DEMO_PORT"]),
        smtp_port=int(os.environ["DEMO_SMTP_PORT"]),
        portal_url=os.environ["PORTAL_BASE_URL"],
    )


if __name__ == "__main__":
    main()
