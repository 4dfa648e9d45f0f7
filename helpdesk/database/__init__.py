"""Engines, column types, transactions and key-based pagination: what every table and query builds on."""
