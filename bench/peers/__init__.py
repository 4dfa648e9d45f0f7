"""The product beside osTicket and django-helpdesk, with the same tickets: ``python -m bench.peers``.

Each site runs with its real servers and database; ``measuring`` asks them by turns.
"""
