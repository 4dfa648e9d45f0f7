"""Channels to external services: one package for each kind, with the same functions in each."""
