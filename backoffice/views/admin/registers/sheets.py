"""The register on paper: shown in the browser, so that it can be printed at once."""

from __future__ import annotations

from uuid import UUID

from flask import Response

from backoffice.documents.needs_sheet import needs_sheet_pdf
from backoffice.documents.register_sheet import register_sheet_pdf
from backoffice.services.registers import printing
from backoffice.views.admin.registers.blueprint import blueprint
from backoffice.views.requests import current_actor


@blueprint.get("/<uuid:id>/sheet.pdf")
def sheet(id: UUID) -> Response:
    """The sheet to sign."""
    return _shown(register_sheet_pdf(printing.signing_sheet(id, current_actor())), "register.pdf")


@blueprint.get("/<uuid:id>/needs.pdf")
def needs(id: UUID) -> Response:
    """Access and dietary needs; confidential."""
    return _shown(needs_sheet_pdf(printing.needs_sheet(id, current_actor())), "needs-confidential.pdf")


def _shown(pdf: bytes, name: str) -> Response:
    answer = Response(pdf, mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "inline", filename=name)
    return answer
