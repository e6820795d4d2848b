"""One attendee of a register: somebody else came, or an exception is approved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for

from backoffice.domain.errors import DomainError, Invalid, NotFound
from backoffice.domain.times import find_date
from backoffice.services import registers
from backoffice.services.registers import Register, Row
from backoffice.views.admin.registers.blueprint import blueprint
from backoffice.views.requests import current_actor
from backoffice.work import commit_once


def _find(id: UUID, attendee_id: UUID) -> tuple[Register, Row]:
    """The register and this person on it. Raises NotFound."""
    register = registers.get_register(id, current_actor())
    row = next((row for row in register.rows if row.attendee_id == attendee_id), None)
    if row is None:
        raise NotFound("This person is not on the register.")
    return register, row


@blueprint.get("/<uuid:id>/<uuid:attendee_id>/substitute")
def substitute_page(id: UUID, attendee_id: UUID) -> Any:
    """Who came instead?"""
    return _show("admin/registers/substitute.html", *_find(id, attendee_id))


@blueprint.post("/<uuid:id>/<uuid:attendee_id>/substitute")
def substitute(id: UUID, attendee_id: UUID) -> Any:
    """Give the place to somebody else."""
    register, row = _find(id, attendee_id)
    return _do(
        "admin/registers/substitute.html",
        register,
        row,
        lambda: str(_substitute(attendee_id)) + " has the place now.",
    )


def _substitute(attendee_id: UUID) -> Any:
    form = request.form
    names = form.get("first_name", ""), form.get("last_name", "")
    return registers.substitute(
        attendee_id,
        *names,
        form.get("email", ""),
        current_actor(),
        birth_date=_birth_date(),
        seen_version=form.get("seen", type=int),
    )


def _birth_date() -> Any:
    text = request.form.get("birth_date", "").strip()
    found = find_date(text) if text else None
    if text and found is None:
        raise Invalid("date", "Enter a date like 31/12/1990.", field="birth_date")
    return found


@blueprint.get("/<uuid:id>/<uuid:attendee_id>/exception")
def except_page(id: UUID, attendee_id: UUID) -> Any:
    """For which reason does an attendee count as present throughout?"""
    return _show("admin/registers/exception.html", *_find(id, attendee_id))


@blueprint.post("/<uuid:id>/<uuid:attendee_id>/exception")
def approve_exception(id: UUID, attendee_id: UUID) -> Any:
    """Approve it, or take it back."""
    register, row = _find(id, attendee_id)
    return _do("admin/registers/exception.html", register, row, lambda: _except(row))


def _except(row: Row) -> str:
    if "withdraw" in request.form:
        registers.withdraw(row.attendee_id, current_actor())
        return f"The exception for {row.name} is withdrawn."
    registers.approve(row.attendee_id, request.form.get("reason", ""), current_actor())
    return f"{row.name} counts as present on all days."


def _do(template: str, register: Register, row: Row, work: Callable[[], str]) -> Any:
    try:
        said = commit_once(work)
    except NotFound:
        raise
    except DomainError as error:
        fields = error.fields if isinstance(error, Invalid) else {}
        return _show(template, register, row, fields, error.message), error.status
    flash(said, "success")
    return redirect(url_for(".page", id=register.schedule_id), 303)


def _show(
    template: str, register: Register, row: Row, errors: dict[str, str] | None = None, problem: str = ""
) -> str:
    return render_template(
        template,
        register=register,
        row=row,
        errors=errors or {},
        problem=problem,
        typed=request.form,
        back=url_for(".page", id=register.schedule_id),
    )
