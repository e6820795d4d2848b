"""The language of own mail texts: what it can say, and that nothing else gets through."""

import time
import tracemalloc

import pytest
from jinja2 import Environment, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from backoffice.domain.errors import Invalid
from backoffice.services.wordings import language
from backoffice.services.wordings.language import MOST_DEPTH, MOST_TAGS, Unreadable, check, fill

NAMES = frozenset({"course", "name", "due", "link"})
VALUES = {"course": "First Aid", "name": "Jane", "due": "", "link": "https://x.example/"}

# Each of them does something in plain Jinja, in the sandbox, or to the parser.
HOSTILE = (
    "{{ ''.__class__ }}",
    "{{ course.__class__.__mro__ }}",
    "{{ course.upper() }}",
    "{{ course['__class__'] }}",
    "{{ course | upper }}",
    "{{ course | attr('__class__') }}",
    "{{ 7 * 7 }}",
    "{{ 'a' * 10000000 }}",
    "{{ course ~ name }}",
    "{{ [1, 2] }}",
    "{{ {'a': 1} }}",
    "{{ range(10) }}",
    "{{ self }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ lipsum() }}",
    "{{ namespace() }}",
    "{{ loop }}",
    "{{ true }}",
    "{{ 'text' }}",
    "{{ 12345 }}",
    "{{ course if due else name }}",
    "{{ course is defined }}",
    "{{ _course }}",
    "{{ varargs }}",
    "{% for x in course %}{{ x }}{% endfor %}",
    "{% for x in range(1000000000) %}x{% endfor %}",
    "{% set x = course %}",
    "{% set course %}x{% endset %}",
    "{% include '/etc/passwd' %}",
    "{% import 'parts.txt' as parts %}",
    "{% from 'parts.txt' import price %}",
    "{% extends 'layout.html' %}",
    "{% macro x() %}{% endmacro %}",
    "{% call course() %}{% endcall %}",
    "{% filter upper %}x{% endfilter %}",
    "{% with %}{% endwith %}",
    "{% block x %}{% endblock %}",
    "{% raw %}{{ course }}{% endraw %}",
    "{% autoescape false %}{% endautoescape %}",
    "{% do course %}",
    "{% if course == 'x' %}{% endif %}",
    "{% if course and name %}{% endif %}",
    "{% if course.x %}{% endif %}",
    "{% if not not course %}{% endif %}",
    "{% if course() %}{% endif %}",
    "{% if range %}{% endif %}",
    "{# a remark #}",
    "{{ course",
    "{{ }}",
    "{{ course }",
    "{% if course %}",
    "{% if course %}{% else %}",
    "{% endif %}",
    "{% else %}",
    "{% if %}{% endif %}",
    "{% if course %}{% elif %}{% endif %}",
    "{%",
    "{{",
    "{% %}",
    "{{ ((((((((((course)))))))))) }}",
    "{{ " + "(" * 5000 + " }}",
    "{{ course " + "." * 4000,
    "{% if course %}" * (MOST_DEPTH + 1) + "{% endif %}" * (MOST_DEPTH + 1),
    "{% if course %}" * 500,
    "{{ course }}" * (MOST_TAGS + 1),
    "{{\0course}}",
    "{{ cour\u0455e }}",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_but_variables_and_conditions_gets_through(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(text, field="body", names=NAMES)
    assert refused.value.field == "body"
    sentence = refused.value.fields["body"]
    assert sentence.endswith((".", "”?"))
    assert "Error" not in sentence and "jinja" not in sentence.lower() and len(sentence) < 200


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_refused_is_not_written_either(text: str) -> None:
    """A row that came past the screen is stopped where the mail is written."""
    with pytest.raises(Unreadable):
        fill(text, VALUES, NAMES)


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("{{ ''.__class__ }}", "<class 'str'>"),
        ("{{ 7 * 7 }}", "49"),
        ("{{ course | upper }}", "FIRST AID"),
        ("{% for x in 'ab' %}{{ x }}{% endfor %}", "ab"),
        ("{{ course.upper() }}", "FIRST AID"),
        ("{{ cycler.__init__.__globals__ }}", "__builtins__"),
    ],
)
def test_plain_jinja_would_have_done_it(text: str, does: str) -> None:
    """The control: what the guards above keep out does compute."""
    assert does in Environment().from_string(text).render(VALUES)  # noqa: S701


def test_the_sandbox_alone_would_have_let_loops_and_filters_through() -> None:
    """The control of the lists of tokens and nodes: the sandbox keeps attributes back, and no more than that."""
    sandbox = ImmutableSandboxedEnvironment()
    assert sandbox.from_string("{% for x in range(3) %}{{ x }}{% endfor %}").render() == "012"
    assert len(sandbox.from_string("{{ 'a' * 1000000 }}").render()) == 1_000_000


def test_without_the_list_of_tokens_the_parser_would_fall_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: brackets within brackets make the parser call itself until it is stopped."""
    deep = "{{ " + "(" * 5000 + "course" + ")" * 5000 + " }}"
    with pytest.raises(RecursionError):
        Environment().parse(deep)  # noqa: S701
    monkeypatch.setattr(language, "_check_tokens", lambda text: None)
    with pytest.raises(Unreadable):  # it is caught, all the same
        fill(deep, VALUES, NAMES)


def test_without_the_list_of_tokens_the_list_of_nodes_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_check_tokens", lambda text: None)
    for text in ("{{ ''.__class__ }}", "{{ 7 * 7 }}", "{% for x in course %}{% endfor %}", "{{ 'a' * 9 }} x"):
        with pytest.raises(Unreadable):
            fill(text, VALUES, NAMES)


def test_variables_and_conditions_are_filled() -> None:
    text = "{{course}} {{ name }}{% if due %} pay {{ due }}{% elif link %}, {{ link }}{% else %}x{% endif %}."
    assert fill(text, VALUES, NAMES) == "First Aid Jane, https://x.example/."
    assert check(text, field="body", names=NAMES) == {"course", "name", "due", "link"}


def test_not_asks_for_an_empty_one() -> None:
    assert fill("{% if not due %}paid{% endif %}", VALUES, NAMES) == "paid"


def test_a_condition_on_its_own_line_leaves_no_empty_line() -> None:
    text = "Number\n{% if due %}\nto pay {{ due }}\n{% endif %}\nend"
    assert fill(text, VALUES, NAMES) == "Number\nend"
    assert fill(text, VALUES | {"due": "5"}, NAMES) == "Number\nto pay 5\nend"


def test_a_condition_within_a_line_keeps_its_line_end() -> None:
    assert fill("a{% if name %} b{% endif %}\n\nc", VALUES, NAMES) == "a b\n\nc"


def test_a_value_is_never_read_as_a_text_of_the_language() -> None:
    values = VALUES | {"course": "{{ name }} {% for x in y %} {{ 7 * 7 }}"}
    assert fill("{{ course }}", values, NAMES) == values["course"]


def test_the_sentence_names_the_line_and_what_was_meant() -> None:
    with pytest.raises(Invalid) as refused:
        check("Hello\n\n{{ curse }}", field="body", names=NAMES)
    assert (
        refused.value.message == "Line 3: there is no variable “curse” in this mail. Did you mean “course”?"
    )
    with pytest.raises(Invalid) as refused:
        check("{% for x in y %}", field="body", names=NAMES)
    assert "Line 1: only {% if" in refused.value.message


def test_a_lone_brace_or_percent_is_only_text() -> None:
    assert fill("100 % { sure } }} %}", VALUES, NAMES) == "100 % { sure } }} %}"


def test_the_nodes_of_the_language_are_these() -> None:
    """Whoever adds one thinks about what it computes."""
    assert set(language._NODES) == {
        nodes.Template,
        nodes.Output,
        nodes.TemplateData,
        nodes.Name,
        nodes.If,
        nodes.Not,
    }


def test_the_longest_text_is_read_in_a_moment_and_in_little_memory() -> None:
    text = ("{% if course %}{{ name }}{% endif %} and some words [" * 200)[:8000]
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(Invalid):
        check(text, field="body", names=NAMES)
    assert time.process_time() - began < 2
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_what_comes_out_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "{{ name }}" * 50
    assert len(fill(text, {"name": "x" * 100}, NAMES)) == 5000
    with pytest.raises(Unreadable, match="too long"):
        fill(text, {"name": "x" * 1000}, NAMES)
    monkeypatch.setattr(language, "MOST_LENGTH", 1_000_000)  # the control
    assert len(fill(text, {"name": "x" * 1000}, NAMES)) == 50_000
