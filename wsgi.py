"""For any WSGI server: ``gunicorn wsgi:app``."""

from helpdesk import create_app, file_modes

file_modes.restrict_new_files()
app = create_app()
