"""Settings and audit log, for admins and operators."""
