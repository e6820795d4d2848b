"""Courses and dates as search engines read them: schema.org in JSON-LD."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from backoffice.domain.times import to_local
from backoffice.services.finding.courses import Card, CoursePage
from backoffice.services.finding.on_sale import PublicDate
from backoffice.services.reviews import Summary

CONTEXT = "https://schema.org"
LONGEST_TEXT = 500


def of_catalogue(cards: Iterable[Card], base_url: str) -> dict[str, Any]:
    """The list of courses: where each of them is."""
    items = [
        {"@type": "ListItem", "position": number, "url": f"{base_url}/course/{card.slug}", "name": card.title}
        for number, card in enumerate(cards, start=1)
    ]
    return {"@context": CONTEXT, "@type": "ItemList", "itemListElement": items}


def of_course(
    course: CoursePage, dates: Sequence[PublicDate], provider: str, base_url: str
) -> dict[str, Any]:
    """The course with its coming dates, and each date as an event of its own."""
    url = f"{base_url}/course/{course.slug}"
    organisation = {"@type": "Organization", "name": provider, "url": base_url}
    graph: list[dict[str, Any]] = [_course(course, dates, organisation, url)]
    graph += [_event(course, each, organisation, base_url) for each in dates]
    return {"@context": CONTEXT, "@graph": graph}


def with_rating(said: dict[str, Any], reviews: Summary) -> dict[str, Any]:
    """The same with the stars of the reviews that the page shows."""
    if reviews.count:
        said["@graph"][0]["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": str(reviews.average),
            "reviewCount": reviews.count,
        }
    return said


def _course(course: CoursePage, dates: Sequence[PublicDate], organisation: Any, url: str) -> dict[str, Any]:
    said = {
        "@type": "Course",
        "@id": url,
        "url": url,
        "name": course.title,
        "description": _text(course),
        "provider": organisation,
        "timeRequired": f"PT{course.duration_minutes}M",
    }
    if course.outcomes:
        said["teaches"] = list(course.outcomes)
    if dates:
        said["hasCourseInstance"] = [_instance(each, course) for each in dates]
    return said


def _instance(date: PublicDate, course: CoursePage) -> dict[str, Any]:
    return {
        "@type": "CourseInstance",
        "courseMode": "Online" if date.venue_kind == "online" else "Onsite",
        "courseWorkload": f"PT{course.duration_minutes}M",
        **_span(date),
        "location": _place(date),
    }


def _event(course: CoursePage, date: PublicDate, organisation: Any, base_url: str) -> dict[str, Any]:
    online = date.venue_kind == "online"
    said = {
        "@type": "EducationEvent",
        "name": course.title,
        "description": _text(course),
        **_span(date),
        "eventStatus": f"{CONTEXT}/EventScheduled",
        "eventAttendanceMode": f"{CONTEXT}/{'Online' if online else 'Offline'}EventAttendanceMode",
        "location": _place(date),
        "organizer": organisation,
        "maximumAttendeeCapacity": date.capacity,
        "remainingAttendeeCapacity": max(date.seats_left, 0),
        "url": f"{base_url}/course/{course.slug}",
    }
    if date.pricing != "on_request":
        said["offers"] = _offer(date, base_url)
    return said


def _offer(date: PublicDate, base_url: str) -> dict[str, Any]:
    whole, part = divmod(date.price_minor, 100)
    return {
        "@type": "Offer",
        "price": f"{whole}.{part:02d}",
        "priceCurrency": date.currency,
        "availability": f"{CONTEXT}/{'SoldOut' if date.is_full else 'InStock'}",
        "url": f"{base_url}/book/{date.id}",
    }


def _span(date: PublicDate) -> dict[str, str]:
    return {
        "startDate": to_local(date.starts_at, date.time_zone).isoformat(timespec="minutes"),
        "endDate": to_local(date.ends_at, date.time_zone).isoformat(timespec="minutes"),
    }


def _place(date: PublicDate) -> dict[str, Any]:
    if date.venue_kind == "online":
        return {"@type": "VirtualLocation", "name": date.venue}
    address = {"@type": "PostalAddress", "addressLocality": date.town}
    return {"@type": "Place", "name": date.venue, "address": address}


def _text(course: CoursePage) -> str:
    return (course.description or course.title)[:LONGEST_TEXT]
