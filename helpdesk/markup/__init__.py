"""Formatted text: Markdown in, safe HTML and plain text out; and templates outside a request."""
