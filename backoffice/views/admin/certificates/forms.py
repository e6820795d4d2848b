"""The forms of what is decided about one certificate."""

from __future__ import annotations

from wtforms import StringField, validators

from backoffice.services.certificates.ending import NAME_MAXIMUM, REASON_MAXIMUM
from backoffice.views.admin.forms import PlainText
from backoffice.views.admin.verbs import VerbForm


class RevokeForm(VerbForm):
    reason = StringField("Reason", [validators.InputRequired("Fill this in."), PlainText(REASON_MAXIMUM)])


class ConfirmForm(VerbForm):
    reason = StringField(
        "Why it stands", [validators.InputRequired("Fill this in."), PlainText(REASON_MAXIMUM)]
    )


class ReissueForm(VerbForm):
    first_name = StringField("First name", [validators.Optional(), PlainText(NAME_MAXIMUM)])
    last_name = StringField("Last name", [validators.Optional(), PlainText(NAME_MAXIMUM)])
    reason = StringField("Reason", [validators.InputRequired("Fill this in."), PlainText(REASON_MAXIMUM)])
