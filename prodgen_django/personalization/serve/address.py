"""From which address a request comes, also behind proxies; asked only to bound what one address may report."""

from __future__ import annotations

import time
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from prodgen_django.conf import settings
from prodgen_django.personalization.log.sealing import keyed_hash

if TYPE_CHECKING:
    from django.http import HttpRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def network_of(request: HttpRequest) -> str:
    """The visitor's address as text, of IPv6 the /64 that a household or a server has; "" where it is not known.

    A proxy of ours (``TRUSTED_PROXIES``) tells in ``X-Forwarded-For`` whom it speaks for, each one at the end of the
    list. What stands before the last address that is none of ours may be made up, and is not read.
    """
    said = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[-20:]
    ours = _networks(tuple(settings.TRUSTED_PROXIES))
    # Without an address the server listens on a socket file, and only a proxy of this machine can be at its other end.
    for text in (request.META.get("REMOTE_ADDR", "") or "127.0.0.1", *reversed(said)):
        address = _parsed(text)
        if address is None:
            return ""
        if not any(address in network for network in ours):
            return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))
    return ""


def source_of(request: HttpRequest) -> str:
    """A name of the visitor's address for as long as a choice stands, which leads to no address and no later name."""
    network = network_of(request)
    period = int(time.time()) // (86_400 * settings.STABLE_DAYS)
    return keyed_hash("source", f"{period}|{network}") if network else ""


@lru_cache(maxsize=8)
def _networks(given: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(text, strict=False) for text in given)


def _parsed(text: str) -> Address | None:
    """The address in "203.0.113.7", "203.0.113.7:5012", "2001:db8::1" or "[2001:db8::1]:5012"."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
