"""The two training providers of the demonstration, as data."""

from dataclasses import dataclass, field
from typing import Any

from backoffice.services.tenants import NewTenant


@dataclass(frozen=True)
class Place:
    """A tenant of the demonstration: its particulars, and who signs in by which role."""

    new: NewTenant
    details: dict[str, Any]
    staff: dict[str, tuple[str, str]]
    is_from_files: bool = field(default=False)

    def login(self, role: str) -> str:
        return f"{role}@{self.new.slug}.example"


RFT = Place(
    NewTenant(
        slug="rft",
        name="React Fast Training",
        currency="GBP",
        time_zone="Europe/London",
        country="GB",
        prefix="RFT",
        hosts=("rft.localhost", "127.0.0.1", "localhost"),
    ),
    {
        "email": "bookings@rft.example",
        "phone": "+441134960123",
        "website": "https://rft.example",
        "address": "14 Wharf Street, Leeds LS2 7EQ",
        "bank_details": "React Fast Training Ltd\nSort code 00-00-00\nAccount 00000000\nReference: your booking number",
        "refund_limit_minor": 50_000,
    },
    {
        "admin": ("Helen", "Marsh"),
        "office": ("Priya", "Nair"),
        "manager": ("David", "Cole"),
        "instructor": ("Aisha", "Rahman"),
    },
    is_from_files=True,
)

NAIROBI = Place(
    NewTenant(
        slug="nairobi",
        name="Nairobi Tech School",
        currency="KES",
        time_zone="Africa/Nairobi",
        country="KE",
        prefix="NTS",
        hosts=("nairobi.localhost",),
    ),
    {
        "email": "bookings@nairobi.example",
        "phone": "+254202000000",
        "website": "https://nairobi.example",
        "address": "Ngong Road, Nairobi",
        "bank_details": "Nairobi Tech School Ltd\nPaybill 000000\nAccount: your booking number",
        "refund_limit_minor": 2_000_000,
    },
    {
        "admin": ("Wanjiru", "Kamau"),
        "office": ("Brian", "Otieno"),
        "manager": ("Esther", "Mutua"),
        "instructor": ("Samuel", "Mwangi"),
    },
)

PLACES = (RFT, NAIROBI)
