"""The list of admin screens."""

from flask import Flask
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme

from backoffice.models import (
    Booking,
    Company,
    Course,
    CourseType,
    Instructor,
    Message,
    Schedule,
    User,
    Venue,
)
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.bookings import BookingScreen
from backoffice.views.admin.companies import CompanyScreen
from backoffice.views.admin.course_types import CourseTypeScreen
from backoffice.views.admin.courses import CourseScreen
from backoffice.views.admin.instructors import InstructorScreen
from backoffice.views.admin.messages import MessageScreen
from backoffice.views.admin.schedules import ScheduleScreen
from backoffice.views.admin.users import UserScreen
from backoffice.views.admin.venues import VenueScreen


def screens() -> list[AdminView]:
    """New ones for each app: a view belongs to the app that it is mounted on."""
    return [
        UserScreen(User, endpoint="users"),
        BookingScreen(Booking, endpoint="bookings"),
        ScheduleScreen(Schedule, endpoint="schedules"),
        CourseScreen(Course, endpoint="courses"),
        CourseTypeScreen(CourseType, endpoint="course_types"),
        VenueScreen(Venue, endpoint="venues"),
        InstructorScreen(Instructor, endpoint="instructors"),
        CompanyScreen(Company, endpoint="companies"),
        MessageScreen(Message, endpoint="messages"),
    ]


def register_admin(app: Flask) -> None:
    """Mount Flask-Admin with our own base template."""
    admin = Admin(name="Back office", url="/admin", theme=Bootstrap4Theme(base_template="admin/base.html"))
    admin.init_app(app)
    for screen in screens():
        admin.add_view(screen)
