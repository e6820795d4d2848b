"""What the demonstration's courses teach, and the wording of their certificates: the spreadsheets do not say it."""

from sqlalchemy import select, update

from backoffice.database import db
from backoffice.models import Course, CourseType

OUTCOMES: dict[str, tuple[str, ...]] = {
    "emergency-first-aid": (
        "Assess an incident and act safely",
        "Help a casualty who is unresponsive and breathing",
        "Give CPR and use a defibrillator",
        "Help a casualty who is choking, bleeding, burned or in shock",
        "Record an incident at work",
    ),
    "first-aid-at-work": (
        "Assess an incident and act safely",
        "Give CPR and use a defibrillator",
        "Help with fractures, head and spinal injuries",
        "Recognise heart attack, stroke, asthma, diabetes, epilepsy and anaphylaxis",
        "Help with burns, poisoning, eye injuries and bleeding",
        "Record an incident at work",
    ),
    "paediatric-first-aid": (
        "Assess an emergency with an infant or a child",
        "Give infant and child CPR and use a defibrillator",
        "Help an infant or a child who is choking",
        "Recognise meningitis, febrile seizures, croup and anaphylaxis",
    ),
    "cyber-safety": (
        "Recognise phishing and report it",
        "Choose, keep and change passwords",
        "Protect customers' data at work",
    ),
    "python-data": (
        "Read, clean and join tables",
        "Draw charts that answer a question",
        "Write tests for an analysis",
    ),
}
_AT_WORK = "Taught to the content that the Health and Safety (First-Aid) Regulations 1981 ask of employers."
WORDINGS = {"EFAW": _AT_WORK, "FAW": _AT_WORK, "FAW-R": _AT_WORK}


def describe_courses() -> None:
    """Write the outcomes of the courses and the wordings of the course types that are there."""
    for course in db.session.scalars(select(Course).where(Course.slug.in_(OUTCOMES))):
        course.outcomes = list(OUTCOMES[course.slug])
    for code, wording in WORDINGS.items():
        db.session.execute(
            update(CourseType).where(CourseType.code == code).values(certificate_wording=wording)
        )
    db.session.flush()
