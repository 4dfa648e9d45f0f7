"""Render Block Kit messages, cards, modals and mrkdwn from our values."""
