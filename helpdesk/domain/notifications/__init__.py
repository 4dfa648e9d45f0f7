"""Notifications: whom to tell about what, where each person wants it, and the list that they read."""
