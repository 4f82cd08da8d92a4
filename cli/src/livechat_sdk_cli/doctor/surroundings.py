"""What all integrations need: the store, the address that vendors post to, clocks, certificates."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from livechat_sdk.errors import ConfigurationError, ProviderError, StoreError
from livechat_sdk_cli.doctor.rows import Row, row
from livechat_sdk_cli.exits import ExitCode

if TYPE_CHECKING:
    from livechat_sdk.http.listening import Heard
    from livechat_sdk.ledger.migrations import Status

__all__ = ["check_certificate", "check_clock", "check_public_url", "check_store", "hosts_with_tls"]

_SECONDS: Final = 10.0
"""For each of these checks."""
_FAREWELL: Final = 1.0
_A_LITTLE: Final = timedelta(seconds=30)
_TOO_MUCH: Final = timedelta(minutes=4)
"""Signatures with a time are good for five minutes at most vendors."""
_SOON: Final = timedelta(days=21)
"""Certificates that renew themselves do so earlier."""
_NO_SPACE: Final = 2**20
_LITTLE_SPACE: Final = 100 * 2**20
_LOCAL_NAMES: Final = (".local", ".internal", ".lan", ".localhost")


async def check_store(url: str) -> list[Row]:
    """Whether the store can be reached, and has tables that this release works with. Changes nothing."""
    from livechat_sdk.ledger import migrations
    from livechat_sdk.ledger.opening import is_postgres, sqlite_path

    if not is_postgres(url) and not sqlite_path(url).exists():
        told = "there is no file yet: the server makes it when it starts"
        return [row("store", "reachable", "ok", told), *_space(sqlite_path(url))]
    try:
        async with asyncio.timeout(_SECONDS):
            found = await migrations.status(url)
    except TimeoutError:
        late = f"the store did not answer within {_SECONDS:g} s"
        return [row("store", "reachable", "error", late, "see whether it runs", ExitCode.UNREACHABLE)]
    except StoreError as error:
        step = "see whether it runs, and that this user may use it"
        return [row("store", "reachable", "error", str(error), step, ExitCode.UNREACHABLE)]
    except ConfigurationError as error:
        return [row("store", "reachable", "error", str(error), "", ExitCode.CONFIGURATION)]
    space = [] if is_postgres(url) else _space(sqlite_path(url))
    return [row("store", "reachable", "ok", f"the ledger is in {found.where}"), _schema(found), *space]


def _space(path: Path) -> list[Row]:
    """How much can still be written where an SQLite file is. Nothing, where nobody can tell."""
    try:
        free = shutil.disk_usage(path.parent).free
    except OSError:
        return []
    told = f"{free / 2**20:,.0f} MiB are free in {path.parent}"
    step = "make room there: without it nothing is accepted, and nothing is lost"
    if free < _NO_SPACE:
        return [
            row("store", "space", "error", f"no space is left in {path.parent}", step, ExitCode.UNREACHABLE)
        ]
    if free < _LITTLE_SPACE:
        return [row("store", "space", "warning", told, step)]
    return [row("store", "space", "ok", told)]


def _schema(found: Status) -> Row:
    from livechat_sdk.ledger.compatibility import Verdict

    numbers = f"schema {found.schema}, this release: {found.known}"
    match found.verdict:
        case Verdict.TOO_OLD:
            return row("store", "schema", "error", f"too old ({numbers})", "run `livechat ledger upgrade`")
        case Verdict.TOO_NEW:
            step = "install the release that wrote it, or a newer one"
            return row("store", "schema", "error", f"too new ({numbers})", step)
        case Verdict.EMPTY:
            return row("store", "schema", "ok", "empty: the server makes its tables")
        case Verdict.CURRENT | Verdict.USABLE:
            told = "up to date" if found.verdict is Verdict.CURRENT else "usable"
            return row("store", "schema", "ok", f"{told} ({numbers})")


async def check_public_url(url: str | None, webhooks: Sequence[str]) -> list[Row]:
    """Whether vendors can reach the gateway, and which address each of them is to be given."""
    about = "public address"
    if url is None:
        if not webhooks:
            return []
        told = f"gateway.public_url is not set, and webhooks come from {', '.join(webhooks)}"
        step = (
            "set it to the address under which vendors reach this gateway, such as https://chat.example.com"
        )
        return [row(about, "address", "warning", told, step)]
    found = [_address(about, url), await _answers(about, url)]
    return found + [
        row(about, "webhook", "ok", f"{name}: the vendor is to post to {url.rstrip('/')}/webhooks/{name}")
        for name in webhooks
    ]


def _address(about: str, url: str) -> Row:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _is_local(host):
        step = "give an address of the public internet, or a tunnel while you try it out"
        return row(about, "address", "warning", f"{host} is reached from near by only: vendors are not", step)
    if parts.scheme != "https":
        step = "put a proxy with a certificate before the gateway, and write https://"
        return row(
            about, "address", "warning", f"{url} is not https: most vendors post to nothing else", step
        )
    return row(about, "address", "ok", url)


def _is_local(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_LOCAL_NAMES)


async def _answers(about: str, url: str) -> Row:
    from livechat_sdk.http import VendorClient

    step = "start `livechat serve`, and see that the proxy passes everything on to it"
    async with VendorClient(provider="gateway", base_url=url, timeout=_SECONDS, budget=_SECONDS) as client:
        try:
            answer = await client.request("check", "GET", "healthz")
        except ProviderError as error:
            return row(about, "gateway", "warning", f"no gateway answers there: {error}", step)
    if b'"alive"' not in answer.content:
        return row(about, "gateway", "warning", "something answers there that is not the gateway", step)
    return row(about, "gateway", "ok", "the gateway answers there")


def check_clock(heard: Iterable[Heard]) -> list[Row]:
    """How far our clock is from those of the hosts that answered; the nearest of each host counts."""
    apart: dict[str, timedelta] = {}
    for one in heard:
        if one.date is not None:
            found = one.at - one.date
            if one.host not in apart or abs(found) < abs(apart[one.host]):
                apart[one.host] = found
    if not apart:
        return []
    # What most hosts agree on is ours; a host that stands alone may be wrong itself, and is named.
    host, off = sorted(apart.items(), key=lambda pair: abs(pair[1]))[len(apart) // 2]
    seconds = round(off.total_seconds())
    way = "ahead of" if seconds > 0 else "behind"
    told = f"this clock is {abs(seconds)} s {way} that of {host}"
    step = "let this machine set its clock by the network (NTP)"
    if abs(off) >= _TOO_MUCH:
        return [row("clock", "time", "error", f"{told}: signatures and tokens will be refused", step)]
    if abs(off) >= _A_LITTLE:
        return [row("clock", "time", "warning", told, step)]
    hosts = "1 host" if len(apart) == 1 else f"{len(apart)} hosts"
    return [row("clock", "time", "ok", f"right by the clocks of {hosts}")]


def hosts_with_tls(url: str | None, heard: Iterable[Heard]) -> Iterator[tuple[str, int]]:
    """Host and port of everybody who has a certificate: vendors who answered, and our own address."""
    yield from ((one.host, one.port) for one in heard if one.scheme == "https")
    parts = urlsplit(url or "")
    if parts.scheme == "https" and parts.hostname:
        yield parts.hostname, parts.port or 443


async def check_certificate(host: str, port: int, now: datetime | None = None) -> list[Row]:
    """How long the certificate of a host is good. Whether it can be trusted is for those who call there."""
    try:
        async with asyncio.timeout(_SECONDS):
            ends = await _ends(host, port)
    except (OSError, ValueError) as error:  # TimeoutError and ssl.SSLError are OSErrors
        reason = getattr(error, "strerror", None) or type(error).__name__
        step = "see whether the host is up, and speaks TLS there"
        return [row(host, "certificate", "warning", f"it was not looked at: {reason}", step)]
    left = ends - (now or datetime.now(UTC))
    if left <= timedelta():
        told = f"it ended on {ends:%Y-%m-%d}"
        return [row(host, "certificate", "error", told, "whoever runs the host must renew it")]
    if left <= _SOON:
        told = f"it ends in {left.days} days, on {ends:%Y-%m-%d}"
        return [row(host, "certificate", "warning", told, "see that it is renewed")]
    return [row(host, "certificate", "ok", f"good until {ends:%Y-%m-%d}")]


async def _ends(host: str, port: int) -> datetime:
    from cryptography import x509

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # an expired one is to be read, not refused
    _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=host)
    try:
        tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
        der = tls.getpeercert(binary_form=True)
    finally:
        writer.close()
        with suppress(OSError):  # TimeoutError is one; what was to be seen was seen
            async with asyncio.timeout(_FAREWELL):
                await writer.wait_closed()
    if der is None:
        raise ValueError("a server without a certificate")
    return x509.load_der_x509_certificate(der).not_valid_after_utc
