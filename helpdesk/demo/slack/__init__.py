"""A Slack workspace over HTTP, written from Slack's public documentation."""

from helpdesk.demo.slack.web import create_workspace
from helpdesk.demo.slack.workspace import Workspace

__all__ = ["Workspace", "create_workspace"]
