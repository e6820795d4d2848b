"""The search of the box on every page."""

from typing import Any

from flask import redirect, render_template, request, url_for

from backoffice.services import search
from backoffice.views.desk.blueprint import desk
from backoffice.views.desk.links import url_of, url_of_found
from backoffice.views.requests import current_actor, current_tenant

MOST_OF_A_KIND = 25


@desk.get("/admin/search")
def search_page() -> Any:
    """People, companies, bookings and certificates; a reference or a number in full leads straight there."""
    typed, tenant = request.args.get("q", ""), current_tenant()
    booking_id = search.find_by_reference(typed, tenant)
    if booking_id:
        target = url_of("booking", booking_id)
        if target != url_for("desk.search_page"):
            return redirect(target)
    found = search.find(typed, tenant, at_most=2 * MOST_OF_A_KIND)
    if current_actor().may("certificate.read"):
        certificate_id = search.find_certificate(typed, tenant)
        if certificate_id:
            return redirect(url_of("certificate", certificate_id))
        found += search.find_certificates(typed, tenant, at_most=MOST_OF_A_KIND)
    kinds = (
        ("Bookings", "booking"),
        ("Certificates", "certificate"),
        ("People", "user"),
        ("Companies", "company"),
    )
    groups = [
        (title, [each for each in found if each.kind == kind][:MOST_OF_A_KIND]) for title, kind in kinds
    ]
    return render_template(
        "desk/search.html",
        typed=search.clean_wanted(typed),
        groups=[(title, hits) for title, hits in groups if hits],
        is_near=any(each.is_near for each in found),
        url_of=url_of_found,
        shortest=search.SHORTEST,
        may_book=current_actor().may("desk.use"),
    )
