"""``python -m bench.unlimited`` is ``helpdesk`` without its limits on the requests of a person."""

from bench import wsgi_client
from helpdesk import cli

if __name__ == "__main__":
    wsgi_client.lift_personal_limits()
    cli.main()
