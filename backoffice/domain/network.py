"""Network addresses as they may be kept: enough to recognise a network, too little to recognise a person."""

from __future__ import annotations

import ipaddress

_KEPT_BITS = {4: 24, 6: 48}


def shortened(address: str | None) -> str | None:
    """The address with its last part zeroed: "192.0.2.0", "2001:db8:1::"; None for what is no address."""
    try:
        parsed = ipaddress.ip_address((address or "").strip().partition("%")[0])
    except ValueError:
        return None
    if parsed.version == 6 and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network(f"{parsed}/{_KEPT_BITS[parsed.version]}", strict=False).network_address)
