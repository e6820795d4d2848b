"""The phone desk and the day's work queues."""

from backoffice.views.desk import booking, caller, dates, find, home, page, printing, queues  # noqa: F401
from backoffice.views.desk.blueprint import desk as desk
