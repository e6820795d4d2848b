"""What a provider says of itself on the public site: where else it is found, and which host names it may have."""

from __future__ import annotations

import re

from backoffice.domain.errors import Invalid
from backoffice.domain.text import clean_line

# network -> (label, host names it has)
NETWORKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "facebook": ("Facebook", ("facebook.com", "fb.com")),
    "instagram": ("Instagram", ("instagram.com",)),
    "linkedin": ("LinkedIn", ("linkedin.com",)),
    "youtube": ("YouTube", ("youtube.com", "youtu.be")),
    "x": ("X", ("x.com", "twitter.com")),
    "tiktok": ("TikTok", ("tiktok.com",)),
}
URL_MAXIMUM = 300
# No user name, no port, and nothing that ends an attribute: the host is what stands before the first of / ? #
_LINK = re.compile(
    r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:[/?#][a-z0-9._~:/?#@!$&()*+,;=%-]*)?", re.IGNORECASE
)
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_HOST_SENTENCE = "Write the address as courses.example.com: without https://, a port or a path."


def clean_social_link(network: str, value: object) -> str:
    """An https address at this network, "" for none. Raises Invalid with the network as its field."""
    label, hosts = NETWORKS[network]
    typed = clean_line(value, field=network, maximum=URL_MAXIMUM)
    if not typed:
        return ""
    parts = _LINK.fullmatch(typed)
    if parts is None:
        raise Invalid("https", "Write the whole address; it begins with https://", field=network)
    host = parts[1].lower().removeprefix("www.")
    if not any(host == each or host.endswith(f".{each}") for each in hosts):
        raise Invalid(
            "network", f"This is no address at {hosts[0]}: enter that of your {label} page.", field=network
        )
    return typed


def clean_host(value: object, *, field: str = "host") -> str:
    """A host name in lower case, letters beyond ASCII in their xn-- form. Raises Invalid."""
    typed = clean_line(value, field=field, maximum=300, required=True).lower()
    typed = typed.removeprefix("https://").removeprefix("http://").rstrip("/").rstrip(".")
    try:
        host = typed.encode("idna").decode("ascii")
    except UnicodeError:
        raise Invalid("host", _HOST_SENTENCE, field=field) from None
    labels = host.split(".")
    if len(host) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Invalid("host", _HOST_SENTENCE, field=field)
    if _is_address(host):
        raise Invalid(
            "host", "Enter a name, not a number: an address like 192.0.2.1 cannot be used.", field=field
        )
    return host


def _is_address(host: str) -> bool:
    """Whether a browser reads it as a number: 192.0.2.1, and 1.2.3 and 0x7f.0x1 as well."""
    return _NUMBER.fullmatch(host.rpartition(".")[2]) is not None
