"""Simulators on sockets of this machine, in threads of this process, and settings that lead to them."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from livechat_sdk_simulators.certificates import SelfSigned
from livechat_sdk_simulators.discovery import find
from livechat_sdk_simulators.requestlog import LoggedRequest
from livechat_sdk_simulators.serving import SimulatorServer, address_of, listen
from livechat_sdk_simulators.simulator import Simulator

__all__ = ["assert_only_looked_at", "closed_port", "simulating", "write_settings"]

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@contextmanager
def simulating(
    vendor: str, *, certificate: SelfSigned | None = None, **settings: Any
) -> Iterator[tuple[Simulator, str]]:
    """A simulator that serves, and its address."""
    listener = listen()
    url = address_of(listener, tls=certificate is not None)
    simulator = find(vendor).make({"base_url": url, **settings})
    server = SimulatorServer(simulator, listener, drain=1, certificate=certificate)
    started = threading.Event()

    async def serve() -> None:
        await server.run(on_started=lambda _: started.set(), signals=False)
        await asyncio.sleep(0.05)  # connections that were told to close do it in the loop's next turns

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name=f"simulator of {vendor}")
    thread.start()
    try:
        assert started.wait(20)
        yield simulator, url
    finally:
        server.stop()
        thread.join(20)
        assert not thread.is_alive()


def assert_only_looked_at(simulator: Simulator) -> None:
    """Nothing but reads and calls for a token were made, and nothing was changed."""
    unsafe: list[LoggedRequest] = [
        one for one in simulator.requests if one.method not in _READING and one.operation != "token"
    ]
    assert unsafe == []
    assert [one for one in simulator.requests if one.applied and one.operation != "token"] == []


def closed_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number: int = taken.getsockname()[1]
    return number


def write_settings(folder: Path, integrations: Mapping[str, Mapping[str, object]], **more: object) -> Path:
    """Settings with these integrations, each used by a bot of its own."""
    uses = {"LIVECHAT": "livechat", "CRM": "crm", "TICKETING": "ticketing"}
    bots: dict[str, dict[str, object]] = {}
    for name, one in integrations.items():
        use = uses[str(one["type"]).rpartition("_")[2]]
        value = {"livechat": {"integrations": [name]}, "crm": [name], "ticketing": name}[use]
        bots[f"bot-of-{name}"] = {"livechat": {"enabled": False}, use: value}
    document = {
        "version": 1,
        "store": f"sqlite:///{folder / 'livechat.db'}",
        "integrations": {name: {**one, "name": name} for name, one in integrations.items()},
        "bots": bots,
        **more,
    }
    path = folder / "livechat.yaml"
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path
