"""The Django project that django-helpdesk runs in. Only its own environment imports it."""
