"""Users and organizations, admission, and permissions."""
