"""Calls of Slack's Web API and Socket Mode, and what their errors mean."""
