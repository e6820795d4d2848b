"""The script that opens a register without a connection; its address is what limits it to registers."""

from __future__ import annotations

from flask import Response, current_app

from backoffice.views.admin.registers.blueprint import blueprint


@blueprint.get("/worker.js")
def worker() -> Response:
    """It reaches the pages below its own address, and no other (docs/decisions/register-without-connection.md)."""
    return current_app.send_static_file("js/register-worker.js")
