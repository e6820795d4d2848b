"""What the catalogue, the list of dates and the calendar share: the filters of the address, and links that keep them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, make_response, render_template, request
from flask_babel import gettext as _

from backoffice.services import rate_limits, tenants
from backoffice.services.finding import choices, filters, words
from backoffice.services.finding.filters import ONLINE, Asked, Filters
from backoffice.views.public import finding_words
from backoffice.views.public.local_times import say_date
from backoffice.views.requests import current_tenant


def asked(now: datetime) -> Asked:
    """The filters of this request; whoever searches by words or numbers of their own is counted."""
    found = filters.read(request.args, current_tenant().currency)
    if found.filters.is_common:
        return found
    rate_limits.take(rate_limits.search_limits(request.remote_addr))
    return _with_town(found, now)


def _with_town(found: Asked, now: datetime) -> Asked:
    """A town among words that no course has is taken for the town, and shown as what was understood."""
    wanted = words.look_up(found.filters)
    understood = wanted.found_in(choices.list_choices(now).towns) if _is_in_vain(wanted) else wanted
    if understood == wanted:
        return replace(found, filters=wanted)
    typed = found.typed | {"q": understood.words, "town": understood.town}
    return replace(found, filters=understood, typed={name: text for name, text in typed.items() if text})


def _is_in_vain(wanted: Filters) -> bool:
    return bool(wanted.words) and not wanted.course_ids and not wanted.town


def show(template: str, found: Asked, now: datetime, **values: Any) -> Response:
    """The page; it may be kept by the browser only to go back to, as places change."""
    tenant = current_tenant()
    page = render_template(
        template,
        asked=found,
        options=options(now),
        shown=_shown(found),
        chips=chips(found),
        ways=ways(found),
        currency=tenant.currency,
        base_url=base_url(),
        **values,
    )
    return fresh(make_response(page))


def options(now: datetime) -> dict[str, list[tuple[str, str]]]:
    """What the lists of the filters offer: (value, name)."""
    known = choices.list_choices(now)
    online = [ONLINE] if known.has_online else []
    return {
        "type": list(known.types),
        "town": [(each, finding_words.town(each)) for each in (*known.towns, *online)],
        "audience": [(each, finding_words.audience(each)) for each in known.audiences],
    }


def _shown(found: Asked) -> dict[str, str]:
    """What stands in the fields: as typed, days as the browser's own field takes them."""
    days = {"from": found.filters.from_day, "until": found.filters.until_day}
    return found.typed | {name: value.isoformat() for name, value in days.items() if value}


def fresh(answer: Response) -> Response:
    """Asked for again each time, but kept for the way back."""
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def address(path: str, typed: dict[str, str], **changes: str | None) -> str:
    """The same filters at a page; None leaves one out."""
    wanted = {name: text for name, text in {**typed, **changes}.items() if text}
    return f"{path}?{urlencode(wanted)}" if wanted else path


def base_url() -> str:
    """Where the provider's pages are, for links that leave the page."""
    return tenants.base_url(current_tenant())


def dates_of(slug: str, found: Asked) -> str:
    """The dates of one course, under the wishes that speak of dates."""
    kept = {name: text for name, text in found.typed.items() if name in ("town", "from", "until", "up_to")}
    return address("/dates", kept | {"course": slug})


def ways(found: Asked) -> list[tuple[str, str, bool]]:
    """The same wishes as courses, as dates, as a calendar: (address, name, whether it is this page)."""
    names = {"/": _("Courses"), "/dates": _("Dates"), "/calendar": _("Calendar")}
    here = "/calendar" if request.path.startswith("/calendar") else request.path
    return [(address(path, found.typed), name, path == here) for path, name in names.items()]


def chips(found: Asked) -> list[tuple[str, str]]:
    """Each wish that is in force: its words, and the address of the page without it."""
    return [
        (_chip(name, text, found), address(request.path, found.typed, **{name: None}))
        for name, text in found.typed.items()
        if name not in found.problems
    ]


def _chip(name: str, text: str, found: Asked) -> str:
    wanted = found.filters
    says = {
        "q": lambda: _("“%(words)s”", words=text),
        "audience": lambda: finding_words.audience(text),
        "town": lambda: finding_words.town(text),
        "from": lambda: _("from %(day)s", day=_day(wanted.from_day)),
        "until": lambda: _("until %(day)s", day=_day(wanted.until_day)),
        "up_to": lambda: _("up to %(price)s", price=_price(wanted.most_minor)),
    }
    return says[name]() if name in says else text


def _day(value: date | None) -> str:
    return say_date(value) if value else ""


def _price(minor: int | None) -> str:
    return finding_words.cost("priced", minor or 0, current_tenant().currency)
