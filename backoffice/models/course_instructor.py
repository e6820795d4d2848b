"""Who may teach a course; the default one is copied to each new date."""

from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, Timestamps, same_tenant_key, tenant_key, to_one


class CourseInstructor(TenantOwned, Timestamps, Model):
    __tablename__ = "course_instructors"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("course_id", "courses"),
        same_tenant_key("instructor_id", "instructors"),
        Index("uq_course_instructors_pair", "tenant_id", "course_id", "instructor_id", unique=True),
        Index(
            "uq_course_instructors_default",
            "tenant_id",
            "course_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
        Index("ix_course_instructors_instructor", "tenant_id", "instructor_id"),
    )

    course_id: Mapped[UUID]
    instructor_id: Mapped[UUID]
    is_default: Mapped[bool] = mapped_column(default=False, server_default="false")

    instructor = to_one("Instructor", "CourseInstructor.instructor_id == Instructor.id")
