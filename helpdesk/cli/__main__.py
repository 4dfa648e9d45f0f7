"""Let ``python -m helpdesk.cli`` run the command ``helpdesk``."""

from helpdesk import cli

cli.main()
