"""The public sites of the demonstration: words, and pictures that are drawn as they are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from backoffice.database import db
from backoffice.documents import demo_pictures
from backoffice.documents.demo_pictures import Looks
from backoffice.domain.actor import Actor
from backoffice.models import Course, Instructor
from backoffice.services import instructors, pictures, site_look

ACTOR = Actor("system", role="admin", name="Demonstration")


@dataclass(frozen=True)
class Teacher:
    """An instructor's words and looks."""

    looks: Looks
    biography: str
    specialities: tuple[str, ...]
    qualifications: tuple[str, ...] = ()
    rating: str = ""


@dataclass(frozen=True)
class Site:
    """What one provider says and shows; `motifs` are those of its courses by short name."""

    words: dict[str, str]
    hero: Callable[[str], bytes]
    motifs: dict[str, str]
    teachers: dict[str, Teacher]


SITES = {
    "rft": Site(
        words={
            "title": "First aid training across Yorkshire",
            "subtitle": "Practical, friendly courses in Leeds, Sheffield, Bradford, York and Hull. "
            "Book a place in two minutes.",
            "colour": "#0f6663",
            "biography": "We are a small team of trainers who have used first aid where it counts: in ambulances, on "
            "factory floors and on mountain rescue calls. Our groups have twelve people at most, because everybody "
            "should practise until it sits.\n\nYou train on manikins that tell you how you are doing, and you take "
            "home a certificate that your employer and the HSE know.",
            "footer": "React Fast Training Ltd · Registered in England and Wales",
            "facebook": "https://www.facebook.com/reactfast.example",
            "instagram": "https://www.instagram.com/reactfast.example",
            "linkedin": "https://www.linkedin.com/company/reactfast-example",
        },
        hero=demo_pictures.hills,
        motifs={
            "emergency-first-aid": "cross",
            "first-aid-at-work": "cross",
            "first-aid-at-work-requalification": "cross",
            "paediatric-first-aid": "bear",
            "emergency-paediatric-first-aid": "bear",
            "cpr-and-aed": "heart",
            "annual-first-aid-refresher": "heart",
            "mental-health-first-aid": "mind",
            "anaphylaxis-awareness": "drop",
            "oxygen-therapy": "air",
            "activity-first-aid": "peaks",
            "manual-handling": "crate",
            "junior-life-savers": "ring",
        },
        teachers={
            "Aisha Rahman": Teacher(
                Looks("#c98e64", "scarf", "#37526b", "#b5533c"),
                "Aisha was a paramedic in Bradford before she began to teach. People remember her for the questions "
                "she asks back, and for how calm a room of twelve becomes.",
                ("First aid at work", "CPR and defibrillators"),
                ("Paramedic, 2011", "Level 3 Award in Education and Training"),
                "4.9",
            ),
            "Tom Holroyd": Teacher(
                Looks("#f0c6a2", "short", "#7a4a24", "#3d5a80"),
                "Tom spends his weekends with a mountain rescue team in the Dales. His outdoor courses take place "
                "outdoors, in any weather.",
                ("Activity first aid", "Manual handling"),
                ("Mountain rescue casualty care",),
                "4.7",
            ),
            "Siân Pryce": Teacher(
                Looks("#f3d2b8", "long", "#a8562a", "#5b7f5a", has_glasses=True),
                "Siân was a children’s nurse for twelve years. She teaches parents, nursery staff and school classes.",
                ("Paediatric first aid", "Junior courses"),
                ("Registered nurse, child", "Level 4 Certificate in Education and Training"),
                "4.9",
            ),
            "Piotr Wójcik": Teacher(
                Looks("#e8b890", "short", "#2f2a28", "#6b4c7a", has_glasses=True),
                "Piotr came to first aid from a factory floor where it was needed. He knows what a shift can take in.",
                ("Emergency first aid", "Workplace risks"),
                (),
                "4.6",
            ),
            "Grace O’Neill": Teacher(
                Looks("#8d5a3b", "curls", "#2a1c18", "#c77d2e"),
                "Grace teaches how to notice that somebody is not well, and how to begin to talk about it.",
                ("Mental health first aid", "Anaphylaxis"),
                ("Mental health first aid instructor",),
                "4.8",
            ),
        },
    ),
    "nairobi": Site(
        words={
            "title": "Learn to build what Nairobi runs on",
            "subtitle": "Short, hands-on courses in coding, data, design and security, with a laptop for everybody.",
            "colour": "#8a3a12",
            "biography": "Nairobi Tech School teaches in small groups on Ngong Road and in Westlands. Every course ends "
            "with something that works: a page, a report, a plan for your team.\n\nCompanies send us whole teams; we "
            "also come to you.",
            "footer": "Nairobi Tech School Ltd",
            "linkedin": "https://www.linkedin.com/company/nairobi-tech-example",
            "x": "https://x.com/nairobitech_ex",
            "youtube": "https://www.youtube.com/@nairobitech-example",
        },
        hero=demo_pictures.skyline,
        motifs={
            "web-basics": "code",
            "python-data": "chart",
            "cyber-safety": "shield",
            "design-sprint": "pencil",
        },
        teachers={
            "Samuel Mwangi": Teacher(
                Looks("#6b4127", "short", "#1d1512", "#2f6f8f"),
                "Samuel has built web sites and data pipelines for banks and for matatu owners. He teaches by building.",
                ("Web development", "Python"),
                (),
                "4.8",
            ),
            "Amina Hassan": Teacher(
                Looks("#7b4b2e", "bun", "#1d1512", "#9b3d5a", has_glasses=True),
                "Amina looks after the security of a mobile-money company, and knows what people really click on.",
                ("Security", "Design"),
                ("Certified ethical hacker",),
                "4.7",
            ),
        },
    ),
}


def ensure(slug: str) -> bool:
    """Give a provider of the demonstration its public site, unless somebody has set one up. False: nothing to do."""
    site = SITES.get(slug)
    if site is None or site_look.find() is not None:
        return False
    colour = site.words["colour"]
    site_look.update(site.words, ACTOR)
    site_look.set_picture("hero", site.hero(colour), ACTOR)
    _illustrate(site, colour)
    for name, teacher in site.teachers.items():
        _introduce(name, teacher, colour)
    site_look.publish(ACTOR)
    return True


def _illustrate(site: Site, colour: str) -> None:
    drawn = {motif: demo_pictures.course(motif, colour) for motif in sorted(set(site.motifs.values()))}
    for course in db.session.scalars(
        select(Course).where(Course.slug.in_(site.motifs)).order_by(Course.slug)
    ):
        pictures.give(course, drawn[site.motifs[course.slug]], "course", ACTOR)


def _introduce(name: str, teacher: Teacher, colour: str) -> None:
    row = db.session.scalar(select(Instructor).where(Instructor.name == name))
    if row is None:  # somebody has changed the demonstration
        return
    values = {
        "bio": teacher.biography,
        "specializations": list(teacher.specialities),
        "certifications": list(teacher.qualifications),
        "rating": teacher.rating,
        "is_published": True,
    }
    instructors.update(row.id, values, ACTOR)
    pictures.give(row, demo_pictures.portrait(teacher.looks, colour), "instructor", ACTOR)
