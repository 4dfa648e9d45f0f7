"""The business rules. Functions flush but never commit, unless their docstring says so, and know no HTTP request."""
