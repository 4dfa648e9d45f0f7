"""The people of an organization, as its own admins manage them: listed, invited, changed, signed out and removed.

An admin of an organization is a customer. What they do is limited to the organization for which they act at the
moment, and to what a person is in it; the person's account and their other organizations are not theirs.
"""
