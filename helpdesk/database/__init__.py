"""How transactions begin on SQLite and on PostgreSQL, column types, and pagination."""
