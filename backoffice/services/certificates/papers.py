"""A certificate as the paper that is drawn from it, and a specimen of it."""

from __future__ import annotations

from datetime import date

from backoffice.documents.certificate_pdf import CertificatePaper, certificate_pdf
from backoffice.domain.certificate_words import say_day, say_taught
from backoffice.models import Certificate
from backoffice.services.certificates.links import check_url
from backoffice.services.certificates.look import Look

# As long as a code, and none: no random code is made of one letter.
SPECIMEN_CODE = "SPECIMENSPECIMENSPECIM"
_SPECIMEN_OUTCOMES = (
    "Assess an incident and act safely",
    "Resuscitate an adult, with a defibrillator",
    "Treat choking, bleeding and shock",
    "Treat burns, fractures and spinal injuries",
    "Recognise a heart attack, a stroke and a seizure",
    "Record what was done",
)


def paper_of(certificate: Certificate, look: Look) -> CertificatePaper:
    """Everything the paper says: what the certificate keeps, in the tenant's look."""
    return CertificatePaper(
        tenant_name=look.tenant_name,
        holder=certificate.holder,
        course=certificate.course_title,
        dates=say_taught(certificate.taught_from, certificate.taught_until),
        number=certificate.number,
        issued=say_day(certificate.issued_on),
        expires=say_day(certificate.expires_on) if certificate.expires_on else "",
        check_url=check_url(certificate.code, look.base_url),
        instructor=certificate.instructors,
        outcomes=tuple(certificate.outcomes),
        wording=certificate.wording,
        logo=look.logo,
        colour=look.colour,
        signatory=look.signatory,
        signatory_role=look.signatory_role,
    )


def draw(certificate: Certificate, look: Look) -> bytes:
    """The paper as a PDF; the same certificate in the same look gives the same bytes."""
    return certificate_pdf(paper_of(certificate, look))


def draw_specimen(look: Look, *, wording: str = "", today: date) -> bytes:
    """A certificate of nobody in this look, marked as a specimen; its code checks as unknown."""
    paper = CertificatePaper(
        tenant_name=look.tenant_name,
        holder="Alexandra Example",
        course="First Aid at Work",
        dates=say_taught(today, today),
        number="SPECIMEN",
        issued=say_day(today),
        expires=say_day(date(today.year + 3, today.month, min(today.day, 28))),
        check_url=check_url(SPECIMEN_CODE, look.base_url),
        instructor="Sam Example",
        outcomes=_SPECIMEN_OUTCOMES,
        wording=wording,
        logo=look.logo,
        colour=look.colour,
        signatory=look.signatory,
        signatory_role=look.signatory_role,
        ended="SPECIMEN",
    )
    return certificate_pdf(paper)
