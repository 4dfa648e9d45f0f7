"""Channels to external services: one package for each kind, whose ``channel.py`` implements the domain's interface."""
