"""What admins and operators do: settings, audit log, health, erasure, data export, canned replies."""
