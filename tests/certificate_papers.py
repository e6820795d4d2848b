"""Certificates that are issued and made, for the tests of what becomes of them outside."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from flask import Flask

from backoffice.database import db
from backoffice.models import Certificate, CertificateFile
from backoffice.services.certificates import issuing
from backoffice.tenancy import tenant_scope
from tests import certified
from tests.factories import Provider

T = TypeVar("T")
PAPER = b"%PDF-1.4 a paper"


@dataclass(frozen=True)
class Issued:
    """What of a certificate the outside knows."""

    id: UUID
    code: str
    number: str


def within(app: Flask, provider: Provider, work: Callable[[], T]) -> T:
    """Do this in the provider's scope, and keep it."""
    with app.app_context(), tenant_scope(provider.id):
        done = work()
        db.session.commit()
        db.session.remove()
        return done


def issue(app: Flask, provider: Provider, name: str = "Doreen O’Neill", **values: Any) -> Issued:
    """One certificate for this person; `values` are written over its row."""

    def work() -> Issued:
        course = certified.a_course(title="First Aid at Work")
        attendee = certified.booked(certified.a_date(course=course), name)[0]
        issuing.issue([attendee.id], certified.ADMIN)
        certificate = certified.certificates_of(attendee)[0]
        for column, value in values.items():
            setattr(certificate, column, value)
        db.session.flush()
        return Issued(certificate.id, certificate.code, certificate.number)

    return within(app, provider, work)


def make_paper(app: Flask, provider: Provider, issued: Issued, content: bytes = PAPER) -> None:
    """Archive a paper for it, as the job would."""
    digest = hashlib.sha256(content).hexdigest()
    file = {"certificate_id": issued.id, "content": content, "sha256": digest}
    within(app, provider, lambda: db.session.add(CertificateFile(**file)))


def end(app: Flask, provider: Provider, issued: Issued, status: str) -> None:
    """Let it be replaced or revoked."""

    def work() -> None:
        certificate = db.session.get_one(Certificate, issued.id)
        certificate.status, certificate.status_reason = status, "Because of a test"
        certificate.ended_at = db.func.now()

    within(app, provider, work)
