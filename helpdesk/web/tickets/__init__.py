"""The page of one ticket, its fragments, and the actions on it."""
