"""The program, for gunicorn and for `flask --app app`."""

from backoffice import create_app

app = create_app()
