"""Webhooks and API tokens: how other programs hear from us and ask us."""
