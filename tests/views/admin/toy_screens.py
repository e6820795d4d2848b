"""Two small screens over real tables, in an app of their own: the base view, whatever noun stands on it."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask, Response, g, request
from flask.testing import FlaskClient
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme
from flask_login import LoginManager
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import TextAreaField, validators

from backoffice import tenancy
from backoffice.config import PROJECT
from backoffice.database import db, new_id
from backoffice.domain.errors import Refused
from backoffice.models import Course, CourseType, Tenant
from backoffice.services.audit_proof import Keys
from backoffice.views import access, answers, language, look, security
from backoffice.views.access import Needs
from backoffice.views.admin import filters, formats
from backoffice.views.admin.actions import screen_action
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.export import ExportColumn, major_units
from backoffice.views.admin.forms import MoneyField, PlainText, ScreenForm, SearchLoader
from backoffice.views.admin.listing import Sort
from tests.servers import DatabaseUrls

KINDS, COURSES = "/admin/kinds/", "/admin/training/"
TENANT, OTHER = UUID(int=7), UUID(int=8)
ROWS = 60


class ReasonForm(ScreenForm):
    reason = TextAreaField("Reason", [validators.InputRequired(), PlainText(500, several_lines=True)])


def find_courses(term: str, limit: int) -> list[Course]:
    return list(db.session.scalars(select(Course).where(Course.title.startswith(term)).limit(limit)))


class KindScreen(AdminView):
    singular = "Course type"
    plural = "Course types"
    column_list = ("code", "title", "archived_at")
    form_columns = ("code", "title")
    can_create = can_edit = can_delete = True
    list_sorts = {"code": CourseType.code, "archived_at": Sort(CourseType.archived_at, nullable=True)}
    list_filters = (
        filters.yes_no("archived", "Archived", CourseType.archived_at.is_not(None)),
        filters.from_day("since", "Since", CourseType.created_at),
    )

    def search_ids(self, term: str) -> list[UUID]:
        return list(db.session.scalars(select(CourseType.id).where(CourseType.code == term)))

    @screen_action(
        "Archive",
        right="catalogue.edit",
        ask="It is offered no more.",
        form=ReasonForm,
        bulk=True,
        danger=True,
        applies=lambda row: row.archived_at is None,
    )
    def archive(self, row: CourseType, form: ReasonForm) -> str:
        if form.reason.data == "never":
            raise Refused("never", "Never is no reason.", field="reason")
        row.archived_at = datetime(2026, 1, 1, tzinfo=UTC)
        return f"{row.title} is archived."


class CourseScreen(AdminView):
    plural = "Training"
    column_list = ("title", "course_type", "price_minor")
    form_columns = (
        "title",
        "slug",
        "course_type",
        "duration_minutes",
        "price_minor",
        "description",
        "requalifies",
    )
    form_overrides = {"price_minor": MoneyField}
    form_ajax_refs = {"requalifies": SearchLoader("requalifies", Course, find_courses)}
    column_formatters = {"price_minor": formats.money(None)}
    can_create = can_edit = can_export = True
    empty_hint = "Add the first."
    list_load = (joinedload(Course.course_type),)
    list_sorts = {"kind": Sort(CourseType.title, (Course.course_type,))}
    export_columns = (
        ExportColumn("Title", Course.title),
        ExportColumn("Price", Course.price_minor, major_units),
    )


class Visitor:
    """A signed-in person whose role a header names."""

    is_active = is_authenticated = True
    is_anonymous = False
    user_id, name = UUID(int=3), "Olive Office"

    def __init__(self, role: str) -> None:
        self.role = role

    def get_id(self) -> str:
        return "olive"


def make_app(urls: DatabaseUrls) -> Flask:
    app = Flask(
        "backoffice",
        root_path=str(PROJECT / "backoffice"),
        template_folder=str(PROJECT / "templates"),
    )
    app.extensions["audit_keys"] = Keys((base64.urlsafe_b64encode(bytes(32)).decode(),))
    app.config.update(SECRET_KEY="k" * 32, SQLALCHEMY_DATABASE_URI=urls.app, WTF_CSRF_ENABLED=False)
    db.init_app(app)
    app.jinja_env.globals["csp_nonce"] = security.csp_nonce
    app.after_request(_strictly)
    answers.set_up(app)
    language.set_up(app)
    look.set_up(app)
    LoginManager(app).request_loader(_who)
    app.before_request(_enter)
    app.teardown_request(_leave)
    app.context_processor(_frame)
    app.add_url_rule("/login", "login.sign_in", lambda: "sign in")
    app.add_url_rule("/password", "password.change", lambda: "change")
    admin = Admin(app, name="Back office", theme=Bootstrap4Theme(base_template="admin/base.html"))
    admin.add_view(KindScreen(CourseType, endpoint="kinds"))
    admin.add_view(CourseScreen(Course, endpoint="training"))
    return app


def _strictly(answer: Response) -> Response:
    """No inline style and no inline script. What is refused before a page runs gets through here."""
    answer.headers["Content-Security-Policy"] = security.POLICY.format(nonce=security.csp_nonce())
    return answer


def _who(asked: object) -> Visitor | None:
    role = request.headers.get("X-Role", "admin")
    return Visitor(role) if role else None


def _enter() -> None:
    g.token = tenancy.enter_tenant(UUID(request.headers.get("X-Tenant", str(TENANT))))


def _leave(error: BaseException | None) -> None:
    if "token" in g:
        db.session.remove()
        tenancy.leave_tenant(g.pop("token"))


def _frame() -> dict[str, object]:
    pages = [
        ("Course types", KINDS, "kinds", request.path.startswith(KINDS)),
        ("Training", COURSES, "x", False),
    ]
    return {"navigation": [("Catalogue", pages)], "tenant_name": "Toy", "user_name": "Olive"}


PAGES = {
    **access.screen(
        "kinds",
        "catalogue.read",
        "catalogue.edit",
        archive=Needs("catalogue.edit", "catalogue.edit"),
        delete_view=Needs("catalogue.edit", "catalogue.edit"),
    ),
    **access.screen("training", "catalogue.read", "catalogue.edit"),
}


def add_tenants() -> None:
    for number, tenant_id in ((1, TENANT), (2, OTHER)):
        with tenancy.tenant_scope(tenant_id):
            db.session.add(
                Tenant(
                    id=tenant_id,
                    slug=f"toy-{number}",
                    name="Toy",
                    reference_prefix="TOY",
                    currency="GBP",
                    time_zone="Europe/London",
                    country="GB",
                )
            )
            db.session.commit()
            db.session.remove()


def add_rows(tenant_id: UUID, rows: int = ROWS, prefix: str = "c") -> list[UUID]:
    """Course types c-000 …, every third one archived, all with ids in the order of their codes."""
    ids = [new_id() for _ in range(rows)]
    with tenancy.tenant_scope(tenant_id):
        for number, row_id in enumerate(ids):
            archived = (
                datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number % 4) if number % 3 == 0 else None
            )
            row = CourseType(
                id=row_id, code=f"{prefix}-{number:03}", title=f"Kind {number}", archived_at=archived
            )
            db.session.add(row)
        db.session.commit()
        db.session.remove()
    return ids


@pytest.fixture(scope="module")
def toy(make_database) -> Iterator[Flask]:
    """The app over a database of its own; rows of two tenants: `app.extensions["ids"]`, `["foreign_ids"]`."""
    app = make_app(make_database())
    before = dict(access.ACCESS)
    access.ACCESS.update(PAGES)
    with app.app_context():
        add_tenants()
        app.extensions["ids"] = add_rows(TENANT)
        app.extensions["foreign_ids"] = add_rows(OTHER, 1)
    yield app
    with app.app_context():
        db.engine.dispose()
    access.ACCESS.clear()
    access.ACCESS.update(before)


@pytest.fixture
def client(toy: Flask) -> FlaskClient:
    return toy.test_client()
