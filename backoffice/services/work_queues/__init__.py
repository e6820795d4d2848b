"""The day's work: what waits for somebody, the dates of today and tomorrow, and what was taken today."""

from backoffice.services.work_queues.kinds import Day, Line, Queue
from backoffice.services.work_queues.table import (
    MOST_COUNTED,
    MOST_LISTED,
    QUEUES,
    Counted,
    count_queues,
    find_queue,
    list_queue,
)
from backoffice.services.work_queues.today import list_dates, takings

__all__ = [
    "MOST_COUNTED",
    "MOST_LISTED",
    "QUEUES",
    "Counted",
    "Day",
    "Line",
    "Queue",
    "count_queues",
    "find_queue",
    "list_dates",
    "list_queue",
    "takings",
]
