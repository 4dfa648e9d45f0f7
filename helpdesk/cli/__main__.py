"""``python -m helpdesk.cli`` is ``helpdesk``."""

from helpdesk import cli

cli.main()
