"""Users and organizations, who is admitted, and who may do what."""
