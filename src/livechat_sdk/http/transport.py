"""Which transport carries our calls: chosen here and nowhere else.

httpx's own asynchronous transport does work proportional to the number of waiting requests; with 50 calls in
flight the same API over aiohttp is several times faster (``benchmarks/vendor_calls.py``). Tests, recordings
and simulators in the same process put theirs in its place with ``override_transport``.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import importlib
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from livechat_sdk.domain.clock import Clock
from livechat_sdk.http.egress import Egress

__all__ = [
    "Trust",
    "make_transport",
    "override_transport",
    "overriding_clock",
    "overriding_transport",
    "prepared",
]


@dataclass(frozen=True, slots=True)
class Trust:
    """Which certificates of a server are good: those of the usual authorities, unless something else is said.

    ``ca_bundle``: those of the authorities in this file. ``certificate_sha256``: this one certificate, by the
    SHA-256 of its DER form, whoever has signed it and whatever name is in it. ``verify`` False: all of them,
    which protects from nobody.
    """

    ca_bundle: Path | None = None
    certificate_sha256: str | None = None
    verify: bool = True

    @property
    def pinned(self) -> bytes | None:
        """The pinned digest. Raises ``ValueError``."""
        if self.certificate_sha256 is None:
            return None
        digest = bytes.fromhex(self.certificate_sha256.replace(":", ""))
        if len(digest) != hashlib.sha256().digest_size:
            raise ValueError("a SHA-256 has 64 hexadecimal digits")
        return digest


@dataclass(frozen=True, slots=True, eq=False)
class _Override:
    transport: httpx.AsyncBaseTransport
    clock: Clock | None


_overrides: list[_Override] = []
"""For the whole process, not for a task: a dispatcher's workers run in tasks (and threads) of their own."""


@contextmanager
def override_transport(transport: httpx.AsyncBaseTransport, *, clock: Clock | None = None) -> Generator[None]:
    """Let every ``VendorClient`` and ``fetch`` of this process, made before or after, use ``transport``.

    The latest that was entered counts. Links are still put to the egress rule as they are written; names are
    not looked up. With a ``clock``, pauses between attempts follow it.
    """
    override = _Override(transport, clock)
    _overrides.append(override)
    try:
        yield
    finally:
        _overrides.remove(override)


def overriding_transport() -> httpx.AsyncBaseTransport | None:
    """The transport that was put in the place of ours, if any."""
    return _overrides[-1].transport if _overrides else None


def overriding_clock() -> Clock | None:
    """The clock that came with it, if any."""
    return _overrides[-1].clock if _overrides else None


_ready: set[Trust] = set()


async def prepared(trust: Trust = Trust()) -> ssl.SSLContext:
    """What a first connection needs, loaded beside the event loop: the library, and the good certificates.

    On a busy machine that takes a quarter of a second, for which nobody else in the process would be served.
    """
    if trust not in _ready:
        await asyncio.to_thread(_load, trust)
        _ready.add(trust)
    return _verification(trust)


def _load(trust: Trust) -> None:
    importlib.import_module("livechat_sdk.http.aiohttp_transport")
    _verification(trust)


def make_transport(
    *,
    trust: Trust = Trust(),
    connections: int = 100,
    egress: Egress | None = None,
    reuse: bool = True,
) -> httpx.AsyncBaseTransport:
    """A pool of connections. ``reuse``: whether a connection serves more than one request.

    On an event loop ``prepared`` comes first.
    """
    from livechat_sdk.http.aiohttp_transport import VendorTransport

    return VendorTransport(
        verify=_verification(trust),
        pinned=trust.pinned,
        connections=connections,
        egress=egress,
        reuse=reuse,
    )


@functools.cache
def _verification(trust: Trust) -> ssl.SSLContext:
    # Reading the authorities takes tens of milliseconds, so all clients share them.
    if trust.certificate_sha256 is not None or not trust.verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # without authorities: nobody asks them
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if trust.ca_bundle is None:
        return httpx.create_ssl_context()
    return ssl.create_default_context(cafile=trust.ca_bundle)
