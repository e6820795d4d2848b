"""The page of one instructor, where the profile was published."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, redirect, render_template, url_for

from backoffice.services import instructor_profiles, tenants
from backoffice.views.arguments import read_id
from backoffice.views.requests import current_tenant

blueprint = Blueprint("instructor", __name__)

ID_LENGTH = 36


@blueprint.get("/instructor/<slug>")
def page(slug: str) -> Any:
    """Who it is and what they teach; the name in the address may have changed since it was sent on."""
    instructor_id = read_id(slug[:ID_LENGTH])
    profile = instructor_profiles.find(instructor_id) if instructor_id else None
    if profile is None:
        abort(404)
    if slug != profile.slug:
        return redirect(url_for(".page", slug=profile.slug), 301)
    return render_template(
        "public/instructor_page.html",
        profile=profile,
        courses=instructor_profiles.list_courses(profile.id),
        dates=instructor_profiles.list_dates(profile.id, datetime.now(UTC)),
        base_url=tenants.base_url(current_tenant()),
    )
