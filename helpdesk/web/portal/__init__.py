"""The customer's pages: the list of tickets and the forms that create one."""
