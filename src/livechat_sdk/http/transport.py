"""Which transport carries our calls: chosen here and nowhere else.

httpx's own asynchronous transport does work proportional to the number of waiting requests; with 50 calls in
flight the same API over aiohttp is several times faster (``benchmarks/vendor_calls.py``). Tests, recordings
and simulators in the same process put theirs in its place with ``override_transport``.
"""

from __future__ import annotations

import functools
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from livechat_sdk.domain.clock import Clock
from livechat_sdk.http.egress import Egress

__all__ = ["make_transport", "override_transport", "overriding_clock", "overriding_transport"]


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


def make_transport(
    *,
    ca_bundle: Path | None = None,
    connections: int = 100,
    egress: Egress | None = None,
    reuse: bool = True,
) -> httpx.AsyncBaseTransport:
    """A pool of connections. Certificates are checked against ``ca_bundle``, or the usual authorities.

    ``reuse``: whether a connection serves more than one request.
    """
    from livechat_sdk.http.aiohttp_transport import VendorTransport

    verify = _verification(ca_bundle)
    return VendorTransport(verify=verify, connections=connections, egress=egress, reuse=reuse)


@functools.cache
def _verification(ca_bundle: Path | None) -> ssl.SSLContext:
    # Reading the authorities takes tens of milliseconds, so all clients share them.
    if ca_bundle is None:
        return httpx.create_ssl_context()
    return ssl.create_default_context(cafile=ca_bundle)
