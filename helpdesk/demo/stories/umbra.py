"""Stories, to come."""

STORIES = ()
