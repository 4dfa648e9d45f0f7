"""Rules: if a ticket is filed, replied to, changed or idle, and looks like this, then that is done, and says why.

A rule is no program: it has fields that a support lead fills in. ``definition`` has them, ``facts`` is what is known of
a ticket, ``matching`` compares the two, ``actions`` does what follows, ``run`` is called after a change.
"""
