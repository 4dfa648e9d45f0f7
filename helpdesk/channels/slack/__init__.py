"""Slack as a channel: the only package that uses slack_sdk."""

from helpdesk.channels.slack.api import directory
from helpdesk.channels.slack.api.find_message import find
from helpdesk.channels.slack.api.send import send
from helpdesk.channels.slack.parse import envelopes, signature
from helpdesk.channels.slack.parse.payload_parser import parse_payload
from helpdesk.channels.slack.render import blocks

__all__ = ["blocks", "envelopes", "find", "parse_payload", "directory", "send", "signature"]
