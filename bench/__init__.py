"""Measurements and fault injection. Everything runs on this machine, bounded in count and time."""
