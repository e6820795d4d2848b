"""The dates of courses: planned, changed, put on sale, ended. Overlaps are the database's to refuse."""

from backoffice.services.schedules.diary import Clash as Clash
from backoffice.services.schedules.diary import Free as Free
from backoffice.services.schedules.diary import busy as busy
from backoffice.services.schedules.diary import clashes as clashes
from backoffice.services.schedules.diary import free as free
from backoffice.services.schedules.plan import Day as Day
from backoffice.services.schedules.plan import PlanIn as PlanIn
from backoffice.services.schedules.plan import plan as plan
from backoffice.services.schedules.revise import reschedule as reschedule
from backoffice.services.schedules.revise import revise as revise
from backoffice.services.schedules.states import cancel as cancel
from backoffice.services.schedules.states import close as close
from backoffice.services.schedules.states import publish as publish
from backoffice.services.schedules.states import reopen as reopen
from backoffice.services.schedules.states import unpublish as unpublish
from backoffice.services.schedules.terms import change_capacity as change_capacity
from backoffice.services.schedules.terms import change_notes as change_notes
from backoffice.services.schedules.terms import change_price as change_price
