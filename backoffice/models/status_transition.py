"""Which status may follow which: one table for every noun, the same for every tenant."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model


class StatusTransition(Model):
    __tablename__ = "status_transitions"

    subject: Mapped[str] = mapped_column(String(20), primary_key=True)
    from_status: Mapped[str] = mapped_column(String(20), primary_key=True)
    to_status: Mapped[str] = mapped_column(String(20), primary_key=True)
