"""Dates: their list, their page, and the planning form."""

from backoffice.views.admin.schedules.screen import ScheduleScreen as ScheduleScreen
