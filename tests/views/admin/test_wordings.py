"""The screen of mail texts: seen, tried, saved, refused beside the field, taken back."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from backoffice.database import db
from backoffice.models import MailWording, WorkItem
from backoffice.services import wordings
from backoffice.tenancy import tenant_scope
from backoffice.views.admin.wordings import BULK, GROUPS
from backoffice.work import commit_once
from tests.factories import Provider
from tests.jobs.bookings import book
from tests.services.booked import ADMIN
from tests.web_client import Visitor, signed_in

PAGE = "/admin/mail-texts/"
THANKS = f"{PAGE}thanks/"
WORDS = {
    "version": "0",
    "subject": "Thanks, {{ name }}",
    "body": "{{ greeting }}\n\nIt was good.",
    "reference": "",
}
JSON = {"Accept": "application/json"}


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


@pytest.fixture
def reference(app: Flask, provider: Provider) -> str:
    with app.app_context(), tenant_scope(provider.id):
        book(name=("Jane", "Doe"))
    return "TST-2026-0001"


def stored(app: Flask, provider: Provider) -> list[str]:
    with app.app_context(), tenant_scope(provider.id):
        return [each.body for each in db.session.query(MailWording)]


def test_every_mail_that_can_be_changed_is_listed_and_opens(admin: Visitor) -> None:
    listed = [name for _, mails in GROUPS for name, _ in mails]
    assert sorted([*listed, BULK]) == sorted(wordings.KINDS)
    page = admin.get(PAGE).text
    for name in listed:
        assert f'href="{PAGE}{name}/"' in page
        assert admin.get(f"{PAGE}{name}/").status_code == 200, name


def test_a_changed_mail_is_marked_until_it_is_put_back(
    admin: Visitor, app: Flask, provider: Provider
) -> None:
    assert "Changed" not in admin.get(PAGE).text
    assert admin.post(THANKS, WORDS).status_code == 303
    assert admin.get(PAGE).text.count("Changed") == 1
    page = admin.get(THANKS).text
    assert (
        "It was good." in page
        and "Back to the original" in page
        and 'name="version" type="hidden" value="1"' in page
    )
    assert admin.post(f"{THANKS}restore", {"version": "1"}).status_code == 303
    assert stored(app, provider) == [] and "Changed" not in admin.get(PAGE).text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"body": "{{ curse }}"}, "no variable “curse”"),
        ({"body": "{% for x in y %}"}, "are known here"),
        ({"body": "{{ ''.__class__ }}"}, "stands only the name of a variable"),
        ({"body": ""}, "Text is needed"),
        ({"subject": ""}, "Subject is needed"),
        ({"subject": "x" * 151}, "at most 150"),
        ({"body": "x" * 8001}, "at most 8,000"),
        ({"body": "[x](javascript:alert(1))"}, "begins with https://"),
    ],
)
def test_what_cannot_be_sent_is_refused_beside_its_field(
    admin: Visitor, app: Flask, provider: Provider, typed: dict[str, str], sentence: str
) -> None:
    answer = admin.post(THANKS, WORDS | typed)
    assert answer.status_code == 422
    assert re.search(rf'<p class="error" id="\w+-error">[^<]*{re.escape(sentence)}', answer.text), answer.text
    assert stored(app, provider) == []


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999", "7"])
def test_a_version_that_was_not_seen_is_a_conflict(admin: Visitor, version: str) -> None:
    answer = admin.post(THANKS, WORDS | {"version": version})
    assert answer.status_code == 409
    assert "It was good." in answer.text


def test_after_a_conflict_both_are_shown_and_one_may_save_over(
    admin: Visitor, app: Flask, provider: Provider
) -> None:
    admin.post(THANKS, WORDS)
    answer = admin.post(THANKS, WORDS | {"body": "Mine"})
    assert answer.status_code == 409
    assert "What somebody else saved meanwhile" in answer.text and "It was good." in answer.text
    assert "Mine" in answer.text and 'name="version" type="hidden" value="1"' in answer.text
    assert admin.post(THANKS, WORDS | {"body": "Mine", "version": "1"}).status_code == 303
    assert stored(app, provider) == ["Mine"]


def test_the_preview_follows_what_is_typed(admin: Visitor, reference: str) -> None:
    told = admin.post(f"{THANKS}try", WORDS | {"reference": reference}, headers=JSON).json
    assert told is not None and told["problems"] == {}
    assert told["mail"]["subject"] == "Thanks, Jane Doe" and "It was good." in told["mail"]["html"]
    assert reference in told["shown_with"]
    told = admin.post(f"{THANKS}try", WORDS | {"body": "{{ x }}", "reference": "no"}, headers=JSON).json
    assert told is not None and told["mail"] is None and set(told["problems"]) == {"body", "reference"}


def test_without_a_script_the_preview_is_a_page(
    admin: Visitor, app: Flask, provider: Provider, reference: str
) -> None:
    answer = admin.post(f"{THANKS}try", WORDS | {"reference": reference})
    assert answer.status_code == 200
    assert "Thanks, Jane Doe" in answer.text and "It was good." in answer.text
    assert stored(app, provider) == []
    bad = admin.post(f"{THANKS}try", WORDS | {"reference": "TST-2026-9999"})
    assert "There is no booking TST-2026-9999." in bad.text


def test_a_mail_in_the_frame_runs_nothing(admin: Visitor) -> None:
    answer = admin.post(f"{THANKS}try", WORDS | {"body": "<script>alert(1)</script>\n\n\"'><img src=x>"})
    assert "<script>alert" not in answer.text and "<img src=x" not in answer.text
    frame = re.search(r"<iframe[^>]*>", answer.text)
    assert frame and "sandbox" in frame[0] and "allow-" not in frame[0]


def test_a_manager_looks_and_tries_but_saves_nothing(app: Flask, provider: Provider) -> None:
    manager = signed_in(app, provider, "manager")
    page = manager.get(THANKS)
    assert page.status_code == 200 and "Save</button>" not in page.text and "readonly" in page.text
    assert manager.post(f"{THANKS}try", WORDS, headers=JSON).status_code == 200
    for path in (THANKS, f"{THANKS}restore"):
        assert manager.post(path, WORDS).status_code == 403


@pytest.mark.parametrize("role", ["office", "instructor", "customer"])
def test_nobody_else_sees_them(app: Flask, provider: Provider, role: str) -> None:
    visitor = signed_in(app, provider, role)
    for path in (PAGE, THANKS):
        assert visitor.get(path).status_code in (302, 403, 404)


@pytest.mark.parametrize("name", ["nothing", "report", "bulk_mail", "..", "%00", "layout.html"])
def test_an_unknown_mail_is_not_found(admin: Visitor, name: str) -> None:
    for answer in (admin.get(f"{PAGE}{name}/"), admin.post(f"{PAGE}{name}/", WORDS)):
        assert answer.status_code in (301, 302, 308, 400, 404, 405)


def test_the_work_queue_leads_to_the_words_that_failed(
    admin: Visitor, app: Flask, provider: Provider
) -> None:
    with app.app_context(), tenant_scope(provider.id):
        wording = commit_once(lambda: wordings.save("thanks", wordings.Typed("x", "y"), ADMIN, version=0))
        wording_id = wording.id
        commit_once(lambda: wordings.note_failure("thanks", "It failed."))
        assert db.session.query(WorkItem).count() == 1
    page = admin.get("/admin/work/attention").text
    link = re.search(r'href="(/admin/mail-texts/of/\?id=[^"]+)"', page)
    assert link and str(wording_id) in link[1]
    assert admin.get(link[1]).headers["Location"].endswith(THANKS)
    for wrong in ("", "?id=x", "?id=00000000-0000-0000-0000-000000000001"):
        assert admin.get(f"{PAGE}of/{wrong}").status_code == 404
