"""How transactions begin, on SQLite and on PostgreSQL."""
