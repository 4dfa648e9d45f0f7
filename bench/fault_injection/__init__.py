"""Fault injection: simulated users, real processes, planned faults, and a verifier that reads only external records."""
