"""Working hours and leave of instructors. Planning against them takes a reason."""

from backoffice.services.availability.editing import add_leave as add_leave
from backoffice.services.availability.editing import end_leave as end_leave
from backoffice.services.availability.editing import set_hours as set_hours
from backoffice.services.availability.reading import Availability as Availability
from backoffice.services.availability.reading import Objection as Objection
from backoffice.services.availability.reading import get_hours as get_hours
from backoffice.services.availability.reading import list_leave as list_leave
from backoffice.services.availability.reading import load as load
