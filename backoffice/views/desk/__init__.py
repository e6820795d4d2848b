"""The phone desk and the day's work queues."""

from backoffice.views.desk import (  # noqa: F401
    booking,
    caller,
    dates,
    find,
    home,
    page,
    payment_links,
    printing,
    queues,
)
from backoffice.views.desk.blueprint import desk as desk
