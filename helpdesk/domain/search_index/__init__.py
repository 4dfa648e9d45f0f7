"""The full-text index of tickets: one entry for each subject, message, set of answers and set of file names.

An entry is as large as what was said, so that the cost of a reply does not grow with its ticket. Its words are made in
Python (``words``), the same for the index and for the question, on SQLite and on PostgreSQL. ``entries`` writes them.
"""
