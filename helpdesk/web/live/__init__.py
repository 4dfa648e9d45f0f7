"""Live updates: Server-Sent Events that say what changed."""
