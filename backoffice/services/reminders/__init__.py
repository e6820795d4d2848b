"""Mails that go out by themselves: rules say when, `queue_due` finds what is due, once each."""

from backoffice.services.reminders.asking import ask_for_names, asked
from backoffice.services.reminders.finding import Coming, count_sent, list_coming, queue_due
from backoffice.services.reminders.rules import (
    RuleIn,
    add_rule,
    change_rule,
    get_rule,
    list_rules,
    set_review_url,
    switch,
)
from backoffice.services.reminders.wanted import why_unwanted

__all__ = [
    "Coming",
    "RuleIn",
    "add_rule",
    "ask_for_names",
    "asked",
    "change_rule",
    "count_sent",
    "get_rule",
    "list_coming",
    "list_rules",
    "queue_due",
    "set_review_url",
    "switch",
    "why_unwanted",
]
