"""Live updates: Server-Sent Events that name what changed."""
