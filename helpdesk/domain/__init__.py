"""Verbs: each shows its whole effect in one place. They flush and never commit, and know no request."""
