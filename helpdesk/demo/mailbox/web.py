"""The mailbox's page, to come."""

import flask

from helpdesk.demo.mailbox.box import Mailbox


def create_mailbox(box: Mailbox) -> flask.Flask:
    """A Flask app that shows what is in the box."""
    return flask.Flask(__name__)
