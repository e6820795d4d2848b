"""The last run of each periodic entry: the installation's, no tenant's."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model


class PeriodicRun(Model):
    """A slot (the entry's whole periods since 1970) belongs to the scheduler that wrote it here first."""

    __tablename__ = "periodic_runs"
    __table_args__ = (CheckConstraint("failures >= 0", name="failures"),)

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    slot: Mapped[int] = mapped_column(BigInteger)
    began_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    # None while it runs, and for ever when whoever ran it was killed.
    ended_at: Mapped[datetime | None]
    rows: Mapped[int | None]
    # Of the last run that failed, and how many failed one after the other; a good run sets that to 0.
    error: Mapped[str | None] = mapped_column(String(1000))
    failed_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
