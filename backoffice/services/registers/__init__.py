"""The register of a date: who was there, what became of them, and the end of the date (docs/registers.md)."""

from backoffice.services.registers.agreeing import agree
from backoffice.services.registers.changes import Change
from backoffice.services.registers.completing import Completed, complete
from backoffice.services.registers.dates import taught_by
from backoffice.services.registers.exceptions import approve, withdraw
from backoffice.services.registers.marking import Conflict, Marked, everybody, mark, pass_the_rest
from backoffice.services.registers.reading import Day, Register, Row, get_register
from backoffice.services.registers.substituting import substitute

__all__ = [
    "Change",
    "Completed",
    "Conflict",
    "Day",
    "Marked",
    "Register",
    "Row",
    "agree",
    "approve",
    "complete",
    "everybody",
    "get_register",
    "mark",
    "pass_the_rest",
    "substitute",
    "taught_by",
    "withdraw",
]
