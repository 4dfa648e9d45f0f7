"""Notices in a browser, also with the page closed, by Web Push (RFC 8030)."""
