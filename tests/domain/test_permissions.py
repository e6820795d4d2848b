"""The table of rights, role by role (abuse cases F4 and F7), and who an actor is."""

from uuid import UUID

import pytest

from backoffice.domain.actor import KINDS, SYSTEM, Actor
from backoffice.domain.errors import Forbidden
from backoffice.domain.permissions import RIGHTS, ROLE_LABELS, ROLES, may

READS = {right for right in RIGHTS if right.endswith(".read")}
OFFICE_RIGHTS = """
desk.use booking.read booking.place booking.move booking.cancel booking.edit payment.read payment.take
refund.read refund.request customer.read customer.edit note.read note.write catalogue.read schedule.read
discount.read message.read message.send register.mark certificate.read corporate.read corporate.edit
review.read review.moderate
"""


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        ("admin", set(RIGHTS) - {"tenant.operate"}),
        ("office", set(OFFICE_RIGHTS.split())),
        ("manager", READS - {"note.read", "own.read"} | {"refund.approve_large"}),
        ("instructor", {"register.own", "register.mark"}),
        ("customer", {"own.read"}),
        ("operator", {"tenant.operate"}),
    ],
)
def test_a_role_has_exactly_its_rights(role: str, rights: set[str]) -> None:
    assert {right for right in RIGHTS if may(role, right)} == rights


def test_every_role_is_named_for_people_and_holds_known_rights() -> None:
    assert ROLES.keys() == ROLE_LABELS.keys()
    assert frozenset().union(*ROLES.values()) == RIGHTS.keys()


@pytest.mark.parametrize("role", [None, "", "Admin", "owner"])
def test_an_unknown_role_has_no_right(role: str | None) -> None:
    assert not any(may(role, right) for right in RIGHTS)


def test_a_misspelt_right_is_noticed_at_once() -> None:
    with pytest.raises(ValueError, match="unknown right"):
        may("admin", "booking.plcae")


@pytest.mark.parametrize(
    "right",
    [
        "refund.execute",
        "refund.approve_large",
        "certificate.issue",
        "user.read",
        "user.edit",
        "report.read",
        "audit.read",
        "discount.edit",
    ],
)
def test_the_office_is_refused_in_words(right: str) -> None:
    with pytest.raises(Forbidden) as refusal:
        Actor("user", UUID(int=1), "office").require(right)
    assert RIGHTS[right].lower() in refusal.value.message


def test_who_has_the_right_is_let_through() -> None:
    Actor("user", UUID(int=1), "office").require("refund.request")


@pytest.mark.parametrize(
    ("actor", "right", "allowed"),
    [
        (SYSTEM, "booking.cancel", True),
        (SYSTEM, "tenant.operate", False),
        (Actor("import"), "booking.override", True),
        (Actor("import", role="office"), "booking.override", False),
        (Actor("customer"), "own.read", True),
        (Actor("customer"), "booking.read", False),
        (Actor("api"), "booking.read", False),
        (Actor("api", role="office"), "booking.read", True),
        (Actor("user"), "own.read", False),
    ],
)
def test_a_program_or_visitor_has_what_its_kind_has(actor: Actor, right: str, allowed: bool) -> None:
    assert actor.may(right) is allowed


def test_the_table_of_kinds_is_complete() -> None:
    assert sorted(KINDS) == ["api", "customer", "import", "system", "user"]


@pytest.mark.parametrize(("kind", "role"), [("robot", None), ("user", "owner"), ("", None)])
def test_an_actor_of_no_known_kind_or_role_cannot_be_made(kind: str, role: str | None) -> None:
    with pytest.raises(ValueError, match="unknown"):
        Actor(kind, role=role)
