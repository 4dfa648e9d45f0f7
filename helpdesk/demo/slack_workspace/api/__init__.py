"""The Web API, a module per family of methods. Importing this registers them all."""

from helpdesk.demo.slack_workspace.api import (
    chat,
    connections,
    conversations,
    emoji,
    files,
    identity,
    reactions,
    registry,
    views,
)

__all__ = ["chat", "connections", "conversations", "emoji", "files", "identity", "reactions", "registry", "views"]
