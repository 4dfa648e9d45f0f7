"""The set-up checklist: what a new installation needs, each step tried for real where it can be.

Whether a step is done is computed from what is there (``steps.py``); nothing is ticked off by hand.
"""

from helpdesk.web.settings.setup import checklist, connections, slack, test_ticket

BLUEPRINTS = (checklist.blueprint, connections.blueprint, slack.blueprint, test_ticket.blueprint)
