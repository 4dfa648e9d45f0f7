"""The page of one ticket, its fragments, and everything that is done there."""
