"""A provider's own words for the mails of the house: changed, tried, taken back.

A mail whose own words cannot be written goes out in the house's words, and somebody is told (services/letters.py).
"""

from backoffice.services.wordings.changing import (
    BODY_LENGTH,
    SUBJECT_LENGTH,
    Typed,
    changed_templates,
    check,
    clean,
    find,
    note_failure,
    restore,
    save,
    starting,
    template_of,
)
from backoffice.services.wordings.variables import KINDS, Variable
from backoffice.services.wordings.writing import Wording, WordingFailed, Words, write, write_example

__all__ = [
    "BODY_LENGTH",
    "KINDS",
    "SUBJECT_LENGTH",
    "Typed",
    "Variable",
    "Wording",
    "WordingFailed",
    "Words",
    "changed_templates",
    "check",
    "clean",
    "find",
    "note_failure",
    "restore",
    "save",
    "starting",
    "template_of",
    "write",
    "write_example",
]
