"""Words and colours of values: every status has both."""

from datetime import UTC, date, datetime

import pytest
from markupsafe import Markup

from backoffice.domain.statuses import LABELS
from backoffice.views.admin.formats import TONE_OF, Pill, pill_of, plain
from backoffice.views.admin.payments import METHOD_WORDS

STATUSES = [(subject, status) for subject, words in LABELS.items() for status in words]


@pytest.mark.parametrize(("subject", "status"), STATUSES)
def test_every_status_has_a_word_and_a_tone_of_its_own(subject: str, status: str) -> None:
    assert pill_of(status, subject).label == LABELS[subject][status]
    assert status in TONE_OF


def test_an_unknown_status_is_shown_quietly_and_not_as_code() -> None:
    assert pill_of("half_done") == Pill("Half done", "quiet")


def test_a_method_is_spelt_as_its_maker_spells_it() -> None:
    assert (METHOD_WORDS["mpesa"], METHOD_WORDS["cash"]) == ("M-Pesa", "Cash")


def test_one_word_has_the_words_of_its_noun() -> None:
    assert pill_of("succeeded", "payment").label == "Received"
    assert pill_of("succeeded", "refund").label == "Paid back"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (None, None),
        (True, True),
        ("text", "text"),
        (date(2026, 3, 3), "2026-03-03"),
        (datetime(2026, 3, 3, 9, tzinfo=UTC), "2026-03-03T09:00:00+00:00"),
        ([date(2026, 3, 3)], ["2026-03-03"]),
        ({1: Markup("<b>")}, {"1": "<b>"}),
    ],
)
def test_the_audit_gets_values_that_json_can_hold(value: object, kept: object) -> None:
    assert plain(value) == kept
