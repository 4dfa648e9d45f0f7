"""A Slack workspace over HTTP, written from Slack's public API reference."""

from helpdesk.demo.slack_workspace.workspace import Workspace
from helpdesk.demo.slack_workspace.workspace_app import create_workspace

__all__ = ["Workspace", "create_workspace"]
