"""Lists of tickets: the customer's, the agents' queue, saved views, search and CSV export."""
