"""Slack: the only package that knows slack_sdk. ``send``, ``find`` and ``parse`` are what every channel offers."""

from helpdesk.channels.slack import blocks, envelopes, people, signature
from helpdesk.channels.slack.finding import find
from helpdesk.channels.slack.hearing import parse
from helpdesk.channels.slack.sending import send

__all__ = ["blocks", "envelopes", "find", "parse", "people", "send", "signature"]
