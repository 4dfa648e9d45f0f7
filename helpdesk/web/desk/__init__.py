"""The agents' pages: the queue, saved views, bulk updates, quarantined mail, review comments."""
