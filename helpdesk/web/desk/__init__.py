"""The pages on which agents work: the queue, saved views, bulk updates, quarantined mail."""
