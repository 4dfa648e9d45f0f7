"""Believable data: the demo's stories, and as many tickets as one wants to measure with."""
