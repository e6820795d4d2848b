"""Both halves of a mail from one text: paragraphs, links, blocks, and values that stay words."""

import pytest
from markupsafe import Markup

from backoffice.services.wordings import paper
from backoffice.services.wordings.language import Unreadable
from backoffice.services.wordings.paper import Value, bad_address, write, write_line

NAMES = frozenset({"name", "note", "link", "table", "empty"})
VALUES = {
    "name": Value("Jane"),
    "note": Value("one\ntwo"),
    "link": Value("https://x.example/pay?a=1&b=2", is_link=True),
    "table": Value("Course: X\nWhen: Y", Markup("<table>X</table>")),
    "empty": Value("", Markup("")),
}


def test_paragraphs_and_lines_are_kept_in_both() -> None:
    made = write("Hello {{ name }}\nsecond line\n\n\n\nThird", VALUES, NAMES)
    assert made.text == "Hello Jane\nsecond line\n\nThird"
    assert made.html == "<p>Hello Jane<br>\nsecond line</p>\n<p>Third</p>"


def test_what_is_typed_is_escaped_in_html_and_kept_in_text() -> None:
    made = write("<script>alert(1)</script> & <b>", VALUES, NAMES)
    assert made.text == "<script>alert(1)</script> & <b>"
    assert made.html == "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;</p>"


def test_a_link_alone_is_a_button_and_its_address_stands_in_the_text() -> None:
    made = write("[Pay now]({{ link }})", VALUES, NAMES)
    assert made.html == '<p><a class="button" href="https://x.example/pay?a=1&amp;b=2">Pay now</a></p>'
    assert made.text == "Pay now:\nhttps://x.example/pay?a=1&b=2"


def test_a_link_within_words_and_a_bare_address_are_links() -> None:
    made = write("See [the map](https://m.example/a) or https://x.example/b. Or {{ link }}", VALUES, NAMES)
    assert '<a href="https://m.example/a">the map</a> or <a href="https://x.example/b">' in made.html
    assert "</a>. Or <a href=" in made.html


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "mailto:a@x.example",
        "//x.example",
        "/admin/",
        "vbscript:x",
        " https://x.example",
        "https://x.example/ onclick=x",
        'https://x.example/"onmouseover="x',
    ],
)
def test_only_web_addresses_are_links(address: str) -> None:
    assert bad_address(f"[x]({address})") is not None
    html = write(f"[x]({address})", VALUES, NAMES).html
    assert 'onmouseover="' not in html and "javascript" not in html.partition("href")[2]


def test_a_javascript_address_never_becomes_a_link() -> None:
    for text in ("[x](javascript:alert(1))", "javascript:alert(1)", "[x]( javascript:1 )"):
        assert "href" not in write(text, VALUES, NAMES).html


@pytest.mark.parametrize(
    "text", ["[a](https://x.example)", "[a]({{ link }})", "[a]({{link}})", "no [link] (here)"]
)
def test_good_addresses_are_let_through(text: str) -> None:
    assert bad_address(text) is None


@pytest.mark.parametrize(
    "hostile",
    [
        "[Pay](https://bad.example)",
        "https://bad.example",
        "<img src=x onerror=alert(1)>",
        "](https://bad.example)",
        "\n\n[Pay](https://bad.example)\n\n",
    ],
)
def test_a_value_links_to_nothing(hostile: str) -> None:
    values = VALUES | {"name": Value(hostile)}
    for text in ("{{ name }}", "[{{ name }}](https://good.example)", "[x {{ name }}"):
        html = write(text, values, NAMES).html
        assert 'href="https://bad.example' not in html and "<img" not in html


def test_the_same_words_typed_by_the_provider_would_be_a_link() -> None:
    """The control of the test above."""
    assert 'href="https://bad.example' in write("[Pay](https://bad.example)", VALUES, NAMES).html


def test_a_link_variable_without_a_web_address_leaves_the_words() -> None:
    values = VALUES | {
        "link": Value("javascript:alert(1)", is_link=True),
        "name": Value("https://bad.example"),
    }
    assert write("[Pay]({{ link }}) {{ link }}", values, NAMES).html == "<p>Pay javascript:alert(1)</p>"
    assert "href" not in write("[Pay]({{ name }})", values, NAMES).html


def test_a_block_stands_in_a_paragraph_of_its_own() -> None:
    made = write("before {{ table }} after", VALUES, NAMES)
    assert made.html == '<p>before</p>\n<div class="block"><table>X</table></div>\n<p>after</p>'
    assert made.text == "before \n\nCourse: X\nWhen: Y\n\n after"


def test_an_empty_block_leaves_nothing_behind() -> None:
    made = write("one\n\n{{ empty }}\n\ntwo{% if empty %}!{% endif %}", VALUES, NAMES)
    assert made.html == "<p>one</p>\n<p>two</p>"
    assert made.text == "one\n\ntwo"


def test_values_of_several_lines_keep_them() -> None:
    made = write("Note: {{ note }}", VALUES, NAMES)
    assert made.html == "<p>Note: one<br>\ntwo</p>"


def test_a_subject_is_one_line_and_never_empty() -> None:
    assert write_line("For {{ name }}:  {{ note }}", VALUES, NAMES) == "For Jane: one two"
    with pytest.raises(Unreadable, match="empty"):
        write_line("{{ empty }}", VALUES, NAMES)


def test_many_long_values_are_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    values = VALUES | {"note": Value("x" * 2000)}
    with pytest.raises(Unreadable, match="too long"):
        write("{{ note }} " * 110, values, NAMES)
    monkeypatch.setattr(paper, "MOST_LENGTH", 10**9)  # the control
    assert len(write("{{ note }} " * 110, values, NAMES).html) > 200_000


def test_awkward_text_takes_no_time() -> None:
    for text in ("[" * 8000, "[a](" * 2000, "[a](https://" * 600, "https://" * 1000, "\n \n" * 2600):
        write(text, VALUES, NAMES)
        bad_address(text)
