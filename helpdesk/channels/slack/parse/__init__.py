"""Verify Slack's requests and events, and turn them into typed values."""
