"""What holds for every test of the workspace: no network but loopback, and a calm hypothesis profile."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from livechat_sdk_testing.postgres import PostgresServer

pytest_plugins = ["tests.feature_plugin"]

# Shared machines are slow at times, so a slow example is no bug.
settings.register_profile(
    "livechat", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
# HYPOTHESIS_PROFILE=soak searches for minutes where the ordinary run takes seconds.
settings.register_profile("soak", settings.get_profile("livechat"), max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "livechat"))

_HOST_OF = {"socket.getaddrinfo": 0, "socket.gethostbyname": 0, "socket.gethostbyaddr": 0}
_ADDRESS_OF = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}


class NetworkBlockedError(RuntimeError):
    """A test tried to reach, or to look up, a host that is not this machine."""


def _is_local(host: object) -> bool:
    """True for loopback, for "every address of this machine" and for no host at all."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _block_network(event: str, args: tuple[Any, ...]) -> None:
    """Refuse what pytest-socket lets pass: name look-ups, ``connect_ex`` and datagrams.

    An audit hook sees every socket call of this process, whatever library makes it, and cannot be undone.
    """
    if event in _HOST_OF:
        host = args[_HOST_OF[event]]
    elif event in _ADDRESS_OF:
        address = args[_ADDRESS_OF[event]]
        if not isinstance(address, tuple):  # a Unix socket, or a socket that was connected before
            return
        host = address[0]
    else:
        return
    if not _is_local(host):
        message = f"tests may only reach this machine, and {event} names {host!r}"
        raise NetworkBlockedError(message)


sys.addaudithook(_block_network)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of our own, started when the first test needs it."""
    from livechat_sdk_testing.postgres import running_server, why_not

    if reason := why_not():
        pytest.skip(reason)
    with running_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
async def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new ledger, on each database in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return await server.new_database()
