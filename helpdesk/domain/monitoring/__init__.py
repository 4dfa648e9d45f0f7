"""The health of the installation, and mail to the admins when deliveries are stuck."""
