"""Pictures of courses and photos of instructors, on their own pages; the public profile of an instructor."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from backoffice.database import db, new_id
from backoffice.models import AuditEvent, Course, CourseInstructor, Instructor, Picture, ScheduleDayInstructor
from backoffice.services import pictures
from backoffice.services.pictures import Shown
from backoffice.tenancy import tenant_scope
from tests.factories import Provider, add, make_course, make_instructor, make_provider, make_schedule
from tests.web_client import Visitor, signed_in

NOUNS: dict[str, tuple[type[Course | Instructor], Callable[[], Course | Instructor]]] = {
    "courses": (Course, make_course),
    "instructors": (Instructor, make_instructor),
}


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


def within(app: Flask, provider: Provider, work: Callable[[], Any]) -> Any:
    with app.app_context(), tenant_scope(provider.id):
        return work()


def drawn(side: int = 600) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (side, side), (15, 90, 110)).save(written, "JPEG")
    return written.getvalue()


def upload(visitor: Visitor, noun: str, row_id: UUID, content: bytes) -> TestResponse:
    return visitor.post(
        f"/admin/{noun}/picture/?id={row_id}",
        {"picture": (io.BytesIO(content), "a.jpg")},
        content_type="multipart/form-data",
    )


def made(app: Flask, provider: Provider, noun: str) -> UUID:
    return within(app, provider, lambda: NOUNS[noun][1]().id)


def shown_of(app: Flask, provider: Provider, noun: str, row_id: UUID) -> Shown | None:
    model: Any = NOUNS[noun][0]
    return within(app, provider, lambda: pictures.find_shown(db.session.get_one(model, row_id).picture_id))


@pytest.mark.parametrize("noun", list(NOUNS))
def test_a_picture_is_taken_shown_replaced_and_removed(
    app: Flask, provider: Provider, admin: Visitor, noun: str
) -> None:
    row_id = made(app, provider, noun)
    assert upload(admin, noun, row_id, drawn()).status_code == 303
    first = shown_of(app, provider, noun, row_id)
    assert first is not None
    page = admin.get(f"/admin/{noun}/details/?id={row_id}").get_data(as_text=True)
    assert first.small_url in page
    assert upload(admin, noun, row_id, drawn(700)).status_code == 303
    assert shown_of(app, provider, noun, row_id) != first
    assert admin.post(f"/admin/{noun}/remove-picture/?id={row_id}").status_code == 303
    assert shown_of(app, provider, noun, row_id) is None
    assert admin.post(f"/admin/{noun}/remove-picture/?id={row_id}").status_code == 404
    told = within(app, provider, lambda: db.session.scalar(
        select(func.count()).select_from(AuditEvent).where(AuditEvent.action.like("%:picture%"))
    ))  # fmt: skip
    assert told == 3


@pytest.mark.parametrize("noun", list(NOUNS))
def test_what_is_no_picture_is_refused_beside_its_field(
    app: Flask, provider: Provider, admin: Visitor, noun: str
) -> None:
    row_id = made(app, provider, noun)
    for content in (b"", b"<svg/>", drawn()[:200]):
        answer = upload(admin, noun, row_id, content)
        assert (answer.status_code, 'id="picture-error"' in answer.get_data(as_text=True)) == (422, True)
    assert shown_of(app, provider, noun, row_id) is None
    assert within(app, provider, lambda: db.session.scalar(select(func.count()).select_from(Picture))) == 0


@pytest.mark.parametrize("noun", list(NOUNS))
@pytest.mark.parametrize("role", ["office", "manager"])
def test_who_may_not_change_the_catalogue_changes_no_picture(
    app: Flask, provider: Provider, noun: str, role: str
) -> None:
    row_id, visitor = made(app, provider, noun), signed_in(app, provider, role)
    assert upload(visitor, noun, row_id, drawn()).status_code == 403
    assert visitor.post(f"/admin/{noun}/remove-picture/?id={row_id}").status_code == 403
    assert "Save the picture" not in visitor.get(f"/admin/{noun}/details/?id={row_id}").get_data(as_text=True)


@pytest.mark.parametrize("noun", list(NOUNS))
def test_another_providers_row_gets_no_picture(
    app: Flask, provider: Provider, admin: Visitor, noun: str
) -> None:
    with app.app_context():
        other = make_provider()
    row_id = made(app, other, noun)
    for wrong in (row_id, new_id(), "x", ""):
        assert upload(admin, noun, wrong, drawn()).status_code == 404  # type: ignore[arg-type]
    assert shown_of(app, other, noun, row_id) is None


def test_the_catalogue_shows_another_picture_at_once(app: Flask, provider: Provider, admin: Visitor) -> None:
    """Though its lists are remembered."""
    row_id = made(app, provider, "courses")
    visitor = Visitor(app, provider.host)
    for side in (600, 700):
        visitor.get("/")
        upload(admin, "courses", row_id, drawn(side))
        shown = shown_of(app, provider, "courses", row_id)
        assert shown is not None
        page = visitor.get("/").get_data(as_text=True)
        assert f'src="{shown.small_url}"' in page
        assert 'loading="lazy"' in page
    admin.post(f"/admin/courses/remove-picture/?id={row_id}")
    assert "/picture/" not in visitor.get("/").get_data(as_text=True)


# --- What the public sees of an instructor ---


def test_a_published_profile_is_a_page_without_e_mail_and_phone(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    def teach() -> str:
        who = make_instructor(
            name="Siân O’Neill", email="sian@x.example", phone="+447700900123", bio="Was a nurse.",
            specializations=["Children"], rating="4.50", years_of_experience=15, is_published=True,
        )  # fmt: skip
        for days, (title, is_published) in enumerate((("Open course", True), ("Secret course", False)), 5):
            course = make_course(title=title, is_published=is_published)
            add(CourseInstructor(course_id=course.id, instructor_id=who.id))
            schedule = make_schedule(course=course, starts_at=datetime.now(UTC) + timedelta(days=days))
            add(ScheduleDayInstructor(schedule_day_id=schedule.days[0].id, instructor_id=who.id))
        return str(who.id)

    row_id = within(app, provider, teach)
    visitor = Visitor(app, provider.host)
    moved = visitor.get(f"/instructor/{row_id}")
    assert (moved.status_code, moved.location) == (301, f"/instructor/{row_id}-sian-o-neill")
    page = visitor.get(moved.location or "").get_data(as_text=True)
    for said in ("Siân O’Neill", "Was a nurse.", "Children", "4.5 of 5", "15 years", "Open course"):
        assert said in page
    assert page.count('class="date-row"') == 1
    for kept in ("sian@x.example", "7700", "Secret course"):
        assert kept not in page


@pytest.mark.parametrize(
    "values", [{"is_published": False}, {"is_published": True, "archived_at": "2026-01-01T00:00Z"}]
)
def test_a_profile_that_is_not_published_is_nobodys(
    app: Flask, provider: Provider, values: dict[str, Any]
) -> None:
    row_id = within(app, provider, lambda: make_instructor(**values).id)
    assert Visitor(app, provider.host).get(f"/instructor/{row_id}").status_code == 404


@pytest.mark.parametrize("slug", ["x", "0" * 36, "%00", "-" * 40, "../admin", "a" * 5000])
def test_what_is_no_instructor_is_not_found(app: Flask, provider: Provider, slug: str) -> None:
    assert Visitor(app, provider.host).get(f"/instructor/{slug}").status_code in (400, 404, 414)


def test_another_providers_instructor_is_not_found(app: Flask, provider: Provider) -> None:
    with app.app_context():
        other = make_provider()
    row_id = within(app, other, lambda: make_instructor(is_published=True).id)
    assert Visitor(app, provider.host).get(f"/instructor/{row_id}").status_code == 404


def test_the_profile_is_published_on_the_instructors_form(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    row_id = within(app, provider, lambda: make_instructor(name="Ann Teacher").id)
    path = f"/admin/instructors/edit/?id={row_id}"
    answer = admin.post(path, {"name": "Ann Teacher", "is_published": "y", "version": "1"})
    assert answer.status_code == 302, answer.get_data(as_text=True)
    assert Visitor(app, provider.host).get(f"/instructor/{row_id}-ann-teacher").status_code == 200


def test_a_page_misses_no_picture_when_the_memory_is_emptied(
    app: Flask, provider: Provider, admin: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MOST_REMEMBERED", 0)
    for side in (600, 640):
        upload(admin, "courses", made(app, provider, "courses"), drawn(side))
    ids = within(app, provider, lambda: db.session.scalars(select(Course.picture_id)).all())
    assert within(app, provider, lambda: pictures.shown_of(ids[:1]).keys()) == {ids[0]}
    assert within(app, provider, lambda: pictures.shown_of(ids).keys()) == set(ids)
