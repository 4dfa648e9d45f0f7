"""Filters, macros and HTMX responses that templates and views share."""
