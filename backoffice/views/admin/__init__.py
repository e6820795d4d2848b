"""The list of admin screens."""

from flask import Flask
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme

from backoffice.models import (
    AuditEvent,
    Booking,
    BookingGroup,
    Certificate,
    Company,
    CorporateRequest,
    Course,
    CourseType,
    DiscountCode,
    DiscountRule,
    GatewayEvent,
    Instructor,
    Message,
    Payment,
    Refund,
    Review,
    Schedule,
    Tenant,
    User,
    Venue,
)
from backoffice.views.admin.audit_events import AuditScreen
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.booking_groups import BookingGroupScreen
from backoffice.views.admin.bookings import BookingScreen
from backoffice.views.admin.certificates import CertificateScreen
from backoffice.views.admin.companies import CompanyScreen
from backoffice.views.admin.corporate_requests import CorporateRequestScreen
from backoffice.views.admin.course_types import CourseTypeScreen
from backoffice.views.admin.courses import CourseScreen
from backoffice.views.admin.customers import CustomerScreen
from backoffice.views.admin.discount_codes import DiscountCodeScreen
from backoffice.views.admin.discount_rules import DiscountRuleScreen
from backoffice.views.admin.gateway_events import GatewayEventScreen
from backoffice.views.admin.instructors import InstructorScreen
from backoffice.views.admin.messages import MessageScreen
from backoffice.views.admin.payments import PaymentScreen
from backoffice.views.admin.refunds import RefundScreen
from backoffice.views.admin.reviews import ReviewScreen
from backoffice.views.admin.schedules import ScheduleScreen
from backoffice.views.admin.settings import SettingsScreen
from backoffice.views.admin.users import UserScreen
from backoffice.views.admin.venues import VenueScreen


def screens() -> list[AdminView]:
    """New ones for each app: a view belongs to the app that it is mounted on."""
    return [
        UserScreen(User, endpoint="users"),
        BookingScreen(Booking, endpoint="bookings"),
        BookingGroupScreen(BookingGroup, endpoint="booking_groups"),
        CustomerScreen(User, endpoint="customers"),
        PaymentScreen(Payment, endpoint="payments"),
        RefundScreen(Refund, endpoint="refunds"),
        GatewayEventScreen(GatewayEvent, endpoint="gateway_events"),
        DiscountCodeScreen(DiscountCode, endpoint="discount_codes"),
        DiscountRuleScreen(DiscountRule, endpoint="discount_rules"),
        SettingsScreen(Tenant, endpoint="settings"),
        AuditScreen(AuditEvent, endpoint="audit_events"),
        ScheduleScreen(Schedule, endpoint="schedules"),
        CourseScreen(Course, endpoint="courses"),
        CourseTypeScreen(CourseType, endpoint="course_types"),
        VenueScreen(Venue, endpoint="venues"),
        InstructorScreen(Instructor, endpoint="instructors"),
        CompanyScreen(Company, endpoint="companies"),
        CorporateRequestScreen(CorporateRequest, endpoint="corporate_requests"),
        MessageScreen(Message, endpoint="messages"),
        CertificateScreen(Certificate, endpoint="certificates"),
        ReviewScreen(Review, endpoint="reviews"),
    ]


def register_admin(app: Flask) -> None:
    """Mount Flask-Admin with our own base template."""
    admin = Admin(name="Back office", url="/admin", theme=Bootstrap4Theme(base_template="admin/base.html"))
    admin.init_app(app)
    for screen in screens():
        admin.add_view(screen)
