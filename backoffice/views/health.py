"""Whether the program lives and its parts answer. Public: words only, no names, versions or reasons."""

import time
from typing import Any

from flask import Blueprint, current_app, jsonify

from backoffice.services.live import get_hub
from backoffice.views.probes import Report

blueprint = Blueprint("health", __name__)

_BEGAN = time.monotonic()


def report() -> Report:
    found: Report = current_app.extensions["probes"].report()
    return found


@blueprint.get("/api/health")
def health() -> Any:
    """The whole picture for people and dashboards; 200 as long as this process answers."""
    found = report()
    return jsonify(
        status="healthy" if not found.failing and found.payment else "degraded",
        uptime=round(time.monotonic() - _BEGAN),
        database="connected" if found.database else "disconnected",
        services={
            "email": "operational" if found.email else "unreachable",
            "payment": "operational" if found.payment else "degraded",
            "redis": "operational" if found.redis else "unreachable",
            "worker": "operational" if found.worker else "silent",
            "realtime": "operational" if found.redis and get_hub().hears else "polling",
        },
        worker_heartbeat_seconds=found.worker_seconds,
    )


@blueprint.get("/api/health/live")
def live() -> Any:
    """That this process answers; it asks nobody else, so that a slow database starts no restart."""
    return jsonify(status="alive")


@blueprint.get("/api/health/ready")
def ready() -> Any:
    """200 when every part works, otherwise 503 and which ones do not."""
    failing = report().failing
    if failing:
        return jsonify(status="not ready", failing=failing), 503
    return jsonify(status="ready")
