"""Links to other networks and host names, as providers type them."""

import pytest

from backoffice.domain.errors import Invalid
from backoffice.domain.site_words import clean_host, clean_social_link


@pytest.mark.parametrize(
    ("network", "url"),
    [
        ("facebook", "https://www.facebook.com/react.first?ref=1"),
        ("facebook", "https://fb.com/x"),
        ("linkedin", "https://uk.linkedin.com/company/x"),
        ("youtube", "https://www.youtube.com/@x"),
        ("x", "https://twitter.com/x"),
    ],
)
def test_a_page_of_the_network_is_taken(network: str, url: str) -> None:
    assert clean_social_link(network, f"  {url} ") == url


def test_nothing_is_nothing() -> None:
    assert clean_social_link("x", "") == clean_social_link("x", None) == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://facebook.com/x",
        "javascript:alert(1)",
        "JaVaScRiPt://facebook.com/%0aalert(1)",
        "data:text/html,x",
        "//facebook.com/x",
        "facebook.com/x",
        "https://facebook.com.evil.example/x",
        "https://evilfacebook.com/x",
        "https://facebook.com@evil.example/",
        "https://evil.example/https://facebook.com",
        "https://facebook.com:8443/x",
        'https://facebook.com/"onmouseover="x',
        "https://facebook.com/<b>",
        "https://facebook.com/a b",
        "https://facebook.com\\@evil.example/",
        "https://[::1",
        "https://",
        "https://facebook.com/" + "x" * 300,
        "https://facebook.com/\0",
        "https://facebook.com/\u202e",
    ],
)
def test_what_leads_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_social_link("facebook", url)
    assert list(refused.value.fields) == ["facebook"]


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("Courses.Example.COM", "courses.example.com"),
        ("https://courses.example.com/", "courses.example.com"),
        ("courses.example.com.", "courses.example.com"),
        ("kurse.münchen.example", "kurse.xn--mnchen-3ya.example"),
    ],
)
def test_a_host_name_is_stored_as_browsers_send_it(typed: str, host: str) -> None:
    assert clean_host(typed) == host


@pytest.mark.parametrize(
    "typed",
    [
        "", "localhost", "192.0.2.1", "[::1]", "1.2.3", "0x7f.0x1", "127.1", "a..b.com", "-a.example.com", "a-.example.com",
        "a_b.example.com", "courses.example.com:8080", "courses.example.com/path", "https://u@example.com",
        "exa mple.com", "*.example.com", "a" * 64 + ".com", ".".join(["a" * 60] * 5), "courses.example.com\nX: y",
        "<b>.com", "\0.com",
    ],
)  # fmt: skip
def test_what_is_no_host_name_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        clean_host(typed)


def test_a_sign_that_looks_like_a_letter_is_kept_as_that_letter() -> None:
    """The sign for Kelvin is a K once it is cleaned: the address leads nowhere else."""
    assert clean_social_link("facebook", "https://faceboo\u212a.com/x") == "https://facebooK.com/x"
