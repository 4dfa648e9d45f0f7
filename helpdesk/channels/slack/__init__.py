"""Slack: the only package that knows slack_sdk. ``send``, ``find`` and ``parse`` are what every channel offers."""

from helpdesk.channels.slack.api import directory
from helpdesk.channels.slack.api.find_message import find
from helpdesk.channels.slack.api.send import send
from helpdesk.channels.slack.parse import envelopes, signature
from helpdesk.channels.slack.parse.payload_parser import parse_payload
from helpdesk.channels.slack.render import blocks

__all__ = ["blocks", "envelopes", "find", "parse_payload", "directory", "send", "signature"]
