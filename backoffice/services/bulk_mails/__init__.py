"""One mail to everybody of a date: a draft that is tried, then sent some at a time, and stopped if need be."""

from backoffice.services.bulk_mails.drafts import Draft, create, edit, get, list_of_date, preview, send_test
from backoffice.services.bulk_mails.people import TEMPLATE, Person, count_people, list_people
from backoffice.services.bulk_mails.sending import (
    BATCH,
    PAUSE,
    Progress,
    progress_of,
    queue_due,
    send,
    stop,
    why_unwanted,
)

__all__ = [
    "BATCH",
    "PAUSE",
    "TEMPLATE",
    "Draft",
    "Person",
    "Progress",
    "count_people",
    "create",
    "edit",
    "get",
    "list_of_date",
    "list_people",
    "preview",
    "progress_of",
    "queue_due",
    "send",
    "send_test",
    "stop",
    "why_unwanted",
]
