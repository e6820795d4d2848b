"""Whether a certificate is what it says: asked by anybody who holds the paper, answered with nothing more than it needs.

An unknown, altered or other tenant's code, and a number whose surname is another, are all the same: None.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.certificate_words import initials, name_key
from backoffice.domain.times import to_local
from backoffice.models import Certificate
from backoffice.services import catalogue
from backoffice.services.certificates import look

CODE = re.compile(r"[\w-]{22}", re.ASCII)
LONGEST_NUMBER = 40
LONGEST_SURNAME = 200


@dataclass(frozen=True)
class Checked:
    """What the check says. `standing` is valid, expired, replaced or revoked; `name` as the tenant chose."""

    standing: str
    name: str
    course: str
    number: str
    taught_from: date
    taught_until: date
    issued_on: date
    expires_on: date | None
    ended_on: date | None


def check(code: str, *, now: datetime | None = None) -> Checked | None:
    """What the certificate with this code says, or None. The code is exact: another case is another code."""
    is_code = CODE.fullmatch(code) is not None
    # Asked all the same, so that a malformed code takes as long as an unknown one.
    wanted = Certificate.code == (code if is_code else "")
    return _checked(db.session.scalar(select(Certificate).where(wanted)), now)


def check_by_number(number: str, surname: str, *, now: datetime | None = None) -> Checked | None:
    """The same by the number and the surname printed on it; case, accents and signs of the surname do not matter."""
    written = "".join(number.split()).upper()[: LONGEST_NUMBER + 1]
    found = db.session.scalar(select(Certificate).where(Certificate.number == written))
    given = name_key(surname[:LONGEST_SURNAME])
    theirs = name_key(_surname(found)) if found else ""
    is_theirs = hmac.compare_digest(given.encode(), theirs.encode())
    return _checked(found if is_theirs and given else None, now)


def _surname(certificate: Certificate) -> str:
    """Somebody may have one name only."""
    return certificate.holder_last_name or certificate.holder_first_name


def _checked(certificate: Certificate | None, now: datetime | None) -> Checked | None:
    if certificate is None:
        return None
    zone = catalogue.current_tenant().time_zone
    today = to_local(now or datetime.now(UTC), zone).date()
    has_ended = certificate.status != "valid"
    standing = "expired" if not has_ended and certificate.has_expired(today) else certificate.status
    names = certificate.holder_first_name, certificate.holder_last_name
    return Checked(
        standing=standing,
        name=certificate.holder if look.choices()["certificate_name"] == "full" else initials(*names),
        course=certificate.course_title,
        number=certificate.number,
        taught_from=certificate.taught_from,
        taught_until=certificate.taught_until,
        issued_on=certificate.issued_on,
        expires_on=certificate.expires_on,
        ended_on=to_local(certificate.ended_at, zone).date() if certificate.ended_at else None,
    )
