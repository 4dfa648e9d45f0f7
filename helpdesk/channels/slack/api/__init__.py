"""Calls to Slack's Web API and Socket Mode, and the meaning of their errors."""
