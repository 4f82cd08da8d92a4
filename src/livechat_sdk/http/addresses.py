"""Which IP addresses are out of bounds for links that come from outside.

Everything that is not plainly the public internet is refused, also where it hides inside of another address:
an IPv4 address in an IPv6 one (mapped, compatible, NAT64, 6to4, Teredo, ISATAP). The networks are listed here
rather than asked of ``ipaddress.is_global``, whose answer depends on the release of Python.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

__all__ = ["Address", "Network", "parse_address", "refusal_of"]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_V4: Final = tuple(
    (IPv4Network(network), name)
    for network, name in (
        ("0.0.0.0/8", "this host"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by carriers"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "a cloud's own service"),  # Azure's wire server has a public address
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarks"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_V6_PUBLIC: Final = IPv6Network("2000::/3")
_V6_REFUSED: Final = tuple(
    (IPv6Network(network), name)
    for network, name in (
        ("2001::/23", "reserved"),  # Teredo (2001::/32) is inside
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})


def parse_address(text: str) -> Address | None:
    """The address that ``text`` writes in its usual form, without its zone; ``None`` if it is none."""
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def refusal_of(address: Address, allowed: Iterable[Network] = ()) -> str | None:
    """Why nothing may be fetched from ``address``, or ``None`` if it may be.

    ``allowed`` networks are let through, and nothing else that is not public.
    """
    networks = tuple(allowed)
    if any(address in network for network in networks):
        return None
    if isinstance(address, IPv4Address):
        return next((name for network, name in _V4 if address in network), None)
    inner = _embedded(address)
    if inner is not None:
        return refusal_of(inner, networks)
    if int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
        return "ISATAP"
    if address not in _V6_PUBLIC:
        return "loopback" if address.is_loopback else "not public"
    return next((name for network, name in _V6_REFUSED if address in network), None)


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a packet to ``address`` would end at, where the network translates it."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
