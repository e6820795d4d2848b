"""The program, for gunicorn and for `flask --app app`."""

from backoffice import create_app
from backoffice.config import ConfigError

try:
    app = create_app()
except ConfigError as error:  # what to set, in sentences; a traceback would hide them
    raise SystemExit(str(error)) from None
