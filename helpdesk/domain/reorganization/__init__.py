"""Changes of many rows that an admin asks for: people and organizations merged, tickets moved; preview and undo."""
