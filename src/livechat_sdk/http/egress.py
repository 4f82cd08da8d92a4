"""The egress rule: where a link that comes from outside may lead.

Attachments, redirects and automations bring addresses that somebody else chose. The rule is asked twice:
about the link as it is written (``check``), and about the addresses that its name has at the moment of
connecting (``addresses``, asked by the transport itself), so that a name cannot change between check and use.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final

import httpx

from livechat_sdk.errors import RejectedError
from livechat_sdk.http.addresses import Address, Network, parse_address, refusal_of

__all__ = ["Egress", "EgressBlocked", "EgressRefused", "Resolve"]

_LONGEST: Final = 4096
_NAME: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_ENTRY: Final = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]]+?)\.?(:(?P<port>[0-9]{1,5}))?")
_NUMERIC: Final = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
_LOCAL_ENDINGS: Final = (".localhost", ".localdomain", ".local", ".internal", ".home.arpa", ".lan", ".onion")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Addresses of a name, as text; raises ``OSError`` if it has none."""


class EgressRefused(RejectedError):
    """The egress rule forbids this link; nothing was sent. Trying again changes nothing."""

    def __init__(self, reason: str, *, provider: str = "", operation: str = "") -> None:
        self.reason = reason
        super().__init__(f"egress refused: {reason}", provider=provider, operation=operation, sent=False)


class EgressBlocked(OSError):
    """How the rule stops a connection in the making: an ``OSError`` is what HTTP libraries hand on."""


@dataclass(frozen=True, slots=True)
class _Host:
    """One allowed name; ``*.`` in front means everything below it."""

    name: str
    port: int | None

    def fits(self, host: str, port: int) -> bool:
        if self.port not in (None, port):
            return False
        return host.endswith(self.name[1:]) if self.name.startswith("*.") else host == self.name


class Egress:
    """Where links from outside may lead: public addresses over HTTP(S) on usual ports, and what is allowed.

    ``allow`` holds names (``files.corp.example``, ``*.corp.example``, ``files:8080``), addresses and networks
    (``10.1.0.0/16``). What an allowed name resolves to is not questioned, and its port only if the entry has
    one.
    """

    def __init__(
        self,
        allow: Iterable[str] = (),
        *,
        schemes: Iterable[str] = ("https", "http"),
        ports: Iterable[int] = (80, 443),
        resolve: Resolve | None = None,
    ) -> None:
        self._schemes = frozenset(schemes)
        self._ports = frozenset(ports)
        self._resolve = resolve or _look_up
        self._networks: list[Network] = []
        self._hosts: list[_Host] = []
        for entry in allow:
            self._allow(entry.strip().lower())

    def _allow(self, entry: str) -> None:
        try:
            self._networks.append(ip_network(entry, strict=False))
        except ValueError:
            written = _ENTRY.fullmatch(entry)
            name = written["name"] if written else ""
            address = parse_address(name.strip("[]"))
            bare = name.removeprefix("*.")
            if written is None or (address is None and not _NAME.fullmatch(bare)):
                raise ValueError(f"egress allows names, addresses and networks; {entry!r} is none") from None
            port = int(written["port"]) if written["port"] else None
            self._hosts.append(_Host(str(address) if address else name, port))

    def check(self, url: str | httpx.URL) -> httpx.URL:
        """The link, if it may be followed as it is written; no name is looked up.

        Raises ``EgressRefused``.
        """
        text = str(url)
        if len(text) > _LONGEST:
            raise EgressRefused(f"the link has {len(text):,} characters, the limit is {_LONGEST:,}")
        if any(not one.isprintable() or one.isspace() or one == "\\" for one in text):
            raise EgressRefused("the link has spaces, control characters or backslashes")
        try:
            parsed = httpx.URL(text)
            host = parsed.raw_host.decode("ascii").lower()
        except (httpx.InvalidURL, ValueError):
            raise EgressRefused("the link cannot be read") from None
        if parsed.scheme not in self._schemes:
            raise EgressRefused(f"scheme {parsed.scheme[:20]!r} is not allowed")
        if parsed.userinfo or "@" in text.partition("://")[2].partition("/")[0]:
            raise EgressRefused("the link carries a user name or a password")
        self._check_host(host.removesuffix("."), parsed.port or _DEFAULT_PORTS[parsed.scheme])
        return parsed

    def _check_host(self, host: str, port: int) -> None:
        address = parse_address(host)
        if self.allows_name(host if address is None else str(address), port):
            return
        if address is not None:
            if "%" in host:
                raise EgressRefused("an address with a zone")
            self.check_address(address, host)
            if any(address in network for network in self._networks):
                return
        elif not _NAME.fullmatch(host):
            raise EgressRefused("the host is not a name of the internet")
        elif _NUMERIC.fullmatch(host.rpartition(".")[2]):
            raise EgressRefused("the host is a number in an unusual form")
        elif "." not in host or host.endswith(_LOCAL_ENDINGS):
            raise EgressRefused(f"{host[:100]!r} is a local name")
        if port not in self._ports:
            raise EgressRefused(f"port {port} is not allowed")

    def allows_name(self, host: str, port: int) -> bool:
        """Whether this name is on the list of what is allowed."""
        return any(one.fits(host, port) for one in self._hosts)

    def check_address(self, address: Address, host: str) -> None:
        """Raise ``EgressRefused`` unless a connection to ``address`` is allowed."""
        refusal = refusal_of(address, self._networks)
        if refusal is not None:
            shown = host[:100] if host == str(address) else f"{host[:100]} = {address}"
            raise EgressRefused(f"{shown} is {refusal}")

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """The addresses of ``host`` now, all of them allowed.

        One forbidden address among good ones refuses the name: no honest public name has such. Raises
        ``EgressRefused``, or ``OSError`` if the name is not known.
        """
        host = host.lower().removesuffix(".")
        found = await self._resolve(host, port)
        if not self.allows_name(host, port):
            for text in found:
                address = parse_address(text)
                if address is None:
                    raise EgressRefused(f"{host[:100]} has an address that cannot be read")
                self.check_address(address, host)
        return found


async def _look_up(host: str, port: int) -> Sequence[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return list(dict.fromkeys(str(one[4][0]) for one in found))
