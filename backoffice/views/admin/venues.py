"""Venues; a venue's page is its diary."""

from __future__ import annotations

from wtforms import fields, validators

from backoffice.models import Schedule, Venue
from backoffice.services import venues
from backoffice.views.admin import filters, formats
from backoffice.views.admin.catalogue import (
    CatalogueView,
    archived_filter,
    coming_dates,
    one_per_line,
)
from backoffice.views.admin.fields import block, line, whole
from backoffice.views.admin.forms import LinesField, ScreenForm
from backoffice.views.admin.list_page import RelatedTable

KINDS = {"room": "Room", "client_site": "Client's site", "online": "Online"}


class VenueForm(ScreenForm):
    name = line("Name", 200, required=True)
    kind = fields.SelectField(
        "Kind",
        [validators.InputRequired("Choose one of the list.")],
        choices=list(KINDS.items()),
        description="A room holds one date at a time. A client's site or an online place holds any number.",
    )
    capacity = whole("Places", 1, 10_000, "The most people the room takes.", required=True)
    slug = line("Short name", 100, "For web addresses and spreadsheets; made of the name if left empty.")
    address_line1 = line("Address", 255)
    address_line2 = line("Address, second line", 255)
    city = line("Town", 100)
    postcode = line("Postcode", 12)
    online_url = line("Web address", 500, "Where to join an online date.")
    facilities = LinesField("Facilities", description="One to a line: projector, step-free access, kitchen.")
    parking_info = block("Parking", 1000)
    directions = block("How to find it", 2000, "Goes into the confirmation mail.")


class VenueScreen(CatalogueView):
    singular = "Venue"
    plural = "Venues"
    subject = "venue"
    service = venues
    form = VenueForm
    empty_hint = "Add the rooms you teach in; each holds one date at a time."
    form_groups = (
        ("The venue", ("name", "kind", "capacity", "slug")),
        ("Where it is", ("address_line1", "address_line2", "city", "postcode", "online_url")),
        ("What people should know", ("facilities", "parking_info", "directions")),
    )
    form_widget_args = {"name": {"autofocus": True}}
    column_list = ("name", "city", "address_line1", "postcode", "kind", "capacity")
    column_labels = {
        "city": "Town",
        "capacity": "Places",
        "address_line1": "Address",
        "parking_info": "Parking",
        "directions": "How to find it",
        "online_url": "Web address",
        "slug": "Short name",
    }
    column_formatters = {
        "kind": formats.choice(KINDS),
        "capacity": formats.number,
        "facilities": one_per_line,
    }
    column_details_list = (
        "kind", "capacity", "address", "online_url", "slug", "facilities", "parking_info", "directions",
    )  # fmt: skip
    list_sorts = {"name": Venue.name, "city": Venue.city}
    list_order = ("name", False)
    list_filters = (filters.choice("kind", "Kind", Venue.kind, list(KINDS.items())), archived_filter(Venue))
    search_columns = (Venue.name, Venue.city, Venue.postcode, Venue.address_line1)
    search_hint = "Name, town or postcode"

    def details_tables(self, model: Venue) -> list[RelatedTable]:
        return [coming_dates(Schedule.venue_id == model.id, leave_out="Venue", venue_id=model.id)]
