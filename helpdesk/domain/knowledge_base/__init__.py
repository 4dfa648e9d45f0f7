"""Help articles: written by leads and admins, found by customers before they file a ticket, inserted by agents."""
