"""Sums of money by local day, which days they are ready for, and which of these have changed since.

Triggers write the marks, in the transaction of the change; a job sums the days up again and takes the marks away. A report
reads
what is ready and adds up the rest by itself: it is exact at any moment.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Minor, Model, new_id, tenant_key


class ReportSum(Model):
    """The sums of a day for one course, venue, way of paying …; `basis` says by which day its lines count."""

    __tablename__ = "report_sums"
    __table_args__ = (tenant_key(),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    basis: Mapped[str] = mapped_column(String(10), primary_key=True)
    dimension: Mapped[str] = mapped_column(String(12), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    gross_minor: Mapped[int] = mapped_column(Minor)
    refunded_minor: Mapped[int] = mapped_column(Minor)
    vat_minor: Mapped[int] = mapped_column(Minor)
    bookings: Mapped[int]
    places: Mapped[int]


class ReportDay(Model):
    """A day whose sums are ready, in the time zone that it was cut by."""

    __tablename__ = "report_days"
    __table_args__ = (tenant_key(),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    basis: Mapped[str] = mapped_column(String(10), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    time_zone: Mapped[str] = mapped_column(String(64))


class ReportMark(Model):
    """Something of that moment was changed after its day was over. Written by trigger alone."""

    __tablename__ = "report_marks"
    __table_args__ = (tenant_key(),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    basis: Mapped[str] = mapped_column(String(10))
    happened_at: Mapped[datetime]
