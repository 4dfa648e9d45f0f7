"""Webhooks and API tokens, for other programs."""
