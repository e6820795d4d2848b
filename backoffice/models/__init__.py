"""The tables. Importing this package registers every one of them."""

from backoffice.models.analytics_event import AnalyticsEvent
from backoffice.models.attendance import Attendance
from backoffice.models.attendee import Attendee
from backoffice.models.audit import AuditEvent, AuditHead, AuditSeal
from backoffice.models.availability import InstructorLeave, WorkingHours
from backoffice.models.booking import Booking
from backoffice.models.booking_draft import BookingDraft
from backoffice.models.booking_group import BookingGroup
from backoffice.models.bulk_mail import BulkMail
from backoffice.models.certificate import Certificate, CertificateFile, CertificateRun
from backoffice.models.company import Company
from backoffice.models.consent import Consent
from backoffice.models.corporate_request import CorporateRequest
from backoffice.models.course import Course
from backoffice.models.course_instructor import CourseInstructor
from backoffice.models.course_type import CourseType
from backoffice.models.credit import CreditBalance, CreditEntry
from backoffice.models.discount import DiscountCode, DiscountRule
from backoffice.models.gateway_account import GatewayAccount, GatewayCustomer
from backoffice.models.gateway_event import GatewayEvent
from backoffice.models.import_run import ImportRow, ImportRun
from backoffice.models.instructor import Instructor
from backoffice.models.mail_wording import MailWording
from backoffice.models.message import Message
from backoffice.models.outbox import OutboxRow
from backoffice.models.payment import Allocation, Payment, PaymentEvent
from backoffice.models.payment_link import PaymentLink
from backoffice.models.periodic_run import PeriodicRun
from backoffice.models.picture import Picture
from backoffice.models.reconciliation import Reconciliation
from backoffice.models.refund import Refund
from backoffice.models.register_entry import RegisterEntry
from backoffice.models.reminder_rule import ReminderRule
from backoffice.models.report_day import ReportDay, ReportMark, ReportSum
from backoffice.models.review import Review
from backoffice.models.saved_report import SavedReport
from backoffice.models.schedule import Schedule, ScheduleDay, ScheduleDayInstructor
from backoffice.models.schedule_choice import ScheduleChoice
from backoffice.models.schedule_series import ScheduleSeries
from backoffice.models.search_entry import SearchEntry
from backoffice.models.status_transition import StatusTransition
from backoffice.models.tenant import Tenant, TenantDomain
from backoffice.models.tenant_logo import TenantLogo
from backoffice.models.tenant_site import TenantSite
from backoffice.models.terms_text import TermsText
from backoffice.models.user import User
from backoffice.models.user_note import UserNote
from backoffice.models.user_token import UserToken
from backoffice.models.venue import Venue
from backoffice.models.waiting_entry import WaitingEntry, WaitingEntryDate
from backoffice.models.web_session import WebSession
from backoffice.models.whitelist_entry import WhitelistEntry
from backoffice.models.work_item import WorkItem

__all__ = [
    "Allocation",
    "AnalyticsEvent",
    "Attendance",
    "Attendee",
    "AuditEvent",
    "AuditHead",
    "AuditSeal",
    "Booking",
    "BookingDraft",
    "BookingGroup",
    "BulkMail",
    "Certificate",
    "CertificateFile",
    "CertificateRun",
    "Company",
    "Consent",
    "CorporateRequest",
    "Course",
    "CourseInstructor",
    "CourseType",
    "CreditBalance",
    "CreditEntry",
    "DiscountCode",
    "DiscountRule",
    "GatewayAccount",
    "GatewayCustomer",
    "GatewayEvent",
    "ImportRow",
    "ImportRun",
    "Instructor",
    "InstructorLeave",
    "MailWording",
    "Message",
    "OutboxRow",
    "Payment",
    "PaymentEvent",
    "PaymentLink",
    "PeriodicRun",
    "Picture",
    "Reconciliation",
    "Refund",
    "RegisterEntry",
    "ReminderRule",
    "ReportDay",
    "ReportMark",
    "ReportSum",
    "Review",
    "SavedReport",
    "Schedule",
    "ScheduleChoice",
    "ScheduleDay",
    "ScheduleDayInstructor",
    "ScheduleSeries",
    "SearchEntry",
    "StatusTransition",
    "Tenant",
    "TenantDomain",
    "TenantLogo",
    "TenantSite",
    "TermsText",
    "User",
    "UserNote",
    "UserToken",
    "Venue",
    "WaitingEntry",
    "WaitingEntryDate",
    "WebSession",
    "WhitelistEntry",
    "WorkItem",
    "WorkingHours",
]
