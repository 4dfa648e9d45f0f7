"""Slack's requests and events, verified and turned into typed values."""
