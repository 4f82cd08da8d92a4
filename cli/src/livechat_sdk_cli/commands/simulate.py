"""``livechat simulate``: a vendor on this machine, with a page for its agents."""

from __future__ import annotations

import sys
from collections.abc import Collection, Generator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from livechat_sdk_cli import collecting, terminal
from livechat_sdk_cli.exits import CommandError, ExitCode

if TYPE_CHECKING:
    from livechat_sdk_simulators.certificates import SelfSigned
    from livechat_sdk_simulators.discovery import Vendor
    from livechat_sdk_simulators.simulator import Simulator

__all__ = ["find_vendor", "simulate"]

PORT: Final = 8090
"""Where a simulator listens, unless another port is given."""


class ClockKind(StrEnum):
    """How time passes at the vendor."""

    real = "real"
    virtual = "virtual"


def simulate(
    vendor: Annotated[
        str | None, typer.Argument(metavar="VENDOR", help="Whom to simulate; without it they are listed.")
    ] = None,
    port: Annotated[
        int,
        typer.Option(metavar="N", help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65535),
    ] = PORT,
    webhook_target: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where webhooks go; until one is given they wait."),
    ] = None,
    secret: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="What webhooks are signed with, in place of a fixed one."),
    ] = None,
    clock: Annotated[
        ClockKind, typer.Option(help="A virtual clock stands still until its page moves it.")
    ] = ClockKind.real,
    tls: Annotated[
        bool, typer.Option("--tls", help="Serve it over https, with a certificate made for this run.")
    ] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OPERATION=FAULT[,NAME=VALUE…]",
            help="Script a fault, for example `send=status,status=429,times=2`. May stand several times.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON instead of text.")] = False,
) -> None:
    """Play a vendor on this machine: its API, its webhooks, and a page on which you are its agents.

    It listens on 127.0.0.1 only and keeps everything in memory. Ctrl-C ends it, after the calls under way.
    """
    if vendor is None:
        _list_vendors(as_json=as_json)
        return
    found = find_vendor(vendor)
    settings = {"webhook_target": _target(webhook_target), "webhook_secret": secret}
    given = {name: value for name, value in settings.items() if value is not None}
    with _certificate(tls=tls) as (certificate, ca_file):
        if ca_file is not None:
            given["ca_file"] = ca_file
        _run(found, port, given, clock, fault or [], certificate, as_json=as_json)


def find_vendor(name: str) -> Vendor:
    """The vendor with this name, ready to be simulated.

    Raises ``CommandError`` when there is none, or when it cannot be loaded.
    """
    if name not in _installed():
        raise CommandError(
            f"there is no simulator of {name!r}",
            code=ExitCode.USAGE,
            next_step="`livechat simulate` lists those that there are",
        )
    return _load(name)


def _installed() -> Collection[str]:
    try:
        from livechat_sdk_simulators.discovery import installed
    except ModuleNotFoundError as missing:
        raise CommandError(
            f"simulators need {missing.name}, which is not installed",
            code=ExitCode.PLUGIN,
            next_step='pip install "livechat-sdk[simulators]"',
        ) from missing
    return installed()


@contextmanager
def _certificate(*, tls: bool) -> Generator[tuple[SelfSigned | None, str | None]]:
    """A certificate for this run and the file that callers find it in, for as long as it runs."""
    if not tls:
        yield None, None
        return
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from livechat_sdk_simulators.certificates import SelfSigned

    with TemporaryDirectory(prefix="livechat-simulate-") as folder:
        certificate = SelfSigned.make()
        ca_file = Path(folder) / "ca.pem"
        ca_file.write_bytes(certificate.certificate)
        yield certificate, str(ca_file)


def _list_vendors(*, as_json: bool) -> None:
    vendors = [_load(name) for name in _installed()]
    if as_json:
        listed = [{"name": one.name, "title": one.title} for one in vendors]
        terminal.out_json({"schema_version": 1, "vendors": listed})
        return
    width = max((len(one.name) for one in vendors), default=0)
    for one in vendors:
        terminal.out(f"{one.name:<{width}}  {terminal.visible(one.title)}")
    if not vendors:
        terminal.note("no vendor can be simulated")


def _load(name: str) -> Vendor:
    from livechat_sdk_simulators.discovery import find

    try:
        return find(name)
    except Exception as error:  # whatever a package of somebody else does while it is imported
        raise CommandError(
            f"the simulator of {name!r} cannot be loaded: {type(error).__name__}: {error}",
            code=ExitCode.PLUGIN,
            next_step="reinstall or remove the package that brings it",
        ) from error


def _target(url: str | None) -> str | None:
    from urllib.parse import urlsplit

    parts = urlsplit(url or "")
    if url is not None and not (parts.scheme in {"http", "https"} and parts.hostname):
        raise CommandError(
            f"{url!r} is no address that webhooks can go to",
            code=ExitCode.USAGE,
            next_step="give one such as http://127.0.0.1:8080/webhooks/NAME",
        )
    return url


def _run(
    vendor: Vendor,
    port: int,
    settings: dict[str, Any],
    clock: ClockKind,
    faults: list[str],
    certificate: SelfSigned | None,
    *,
    as_json: bool,
) -> None:
    import asyncio

    from livechat_sdk_simulators.clock import RealClock, VirtualClock
    from livechat_sdk_simulators.serving import SimulatorServer, address_of, listen

    try:
        listener = listen(port)
    except OSError as error:
        raise CommandError(
            f"cannot listen on 127.0.0.1 port {port}: {error.strerror or error}",
            code=ExitCode.UNREACHABLE,
            next_step="stop what listens there, or give another --port; 0 takes a free one",
        ) from error
    with listener:
        settings["base_url"] = address_of(listener, tls=certificate is not None)
        simulator = vendor.make(settings, VirtualClock() if clock is ClockKind.virtual else RealClock())
        if "webhook_target" in settings and not simulator.sends_webhooks:
            raise CommandError(
                f"{simulator.title} sends no webhooks",
                code=ExitCode.USAGE,
                next_step="leave --webhook-target away: who calls it fetches its events",
            )
        for one in faults:
            _script(simulator, one)
        server = SimulatorServer(simulator, listener, certificate=certificate)
        ca_file = settings.get("ca_file")
        collecting.as_usual()
        asyncio.run(
            server.run(on_started=lambda url: _started(vendor, simulator, url, ca_file, as_json=as_json))
        )
    if not as_json:
        terminal.note("The simulator has ended. What it knew is gone.")


def _script(simulator: Simulator, written: str) -> None:
    operation, _, rest = written.partition("=")
    name, *more = rest.split(",")
    details: dict[str, Any] = {}
    for pair in more:
        detail, _, value = pair.partition("=")
        details[detail] = _value(value)
    times = details.pop("times", 1)
    try:
        if not isinstance(times, int):
            raise ValueError(f"times is a number, not {times!r}")  # noqa: TRY301 - the same answer as below
        simulator.faults.script(operation, name, times, **details)
    except ValueError as error:
        raise CommandError(
            f"--fault {written}: {error}",
            code=ExitCode.USAGE,
            next_step="write OPERATION=FAULT[,NAME=VALUE…], for example send=status,status=429,times=2",
        ) from error


def _value(text: str) -> object:
    """A detail as JSON where it is JSON (numbers, true), else as the text that it is."""
    import json

    try:
        return json.loads(text)
    except ValueError:
        return text


def _started(vendor: Vendor, simulator: Simulator, url: str, ca_file: str | None, *, as_json: bool) -> None:
    import json

    from livechat_sdk_simulators.clock import is_virtual

    page = f"{url}/_sim/"
    kinds = {kind: dict(document) for kind, document in simulator.integrations().items()}
    if as_json:
        document = {
            "schema_version": 1,
            "vendor": vendor.name,
            "url": url,
            "page": page,
            "clock": "virtual" if is_virtual(simulator.clock) else "real",
            "ca_file": ca_file,
            "webhook_target": simulator.webhooks.target,
            "integration": dict(simulator.integration()),
            "integrations": kinds,
        }
        typer.echo(json.dumps(document, ensure_ascii=False))  # one line: whoever reads it waits for its end
        return
    view = terminal.screen(sys.stdout)
    terminal.out(view.style(f"{vendor.title} answers on this machine:", "bold"))
    terminal.out()
    terminal.out(f"  API     {url}")
    terminal.out(f"  agents  {page}")
    if ca_file is not None:
        terminal.out(f"  trust   {terminal.visible(ca_file)}")
    terminal.out()
    terminal.out("For livechat.yaml:")
    terminal.out()
    terminal.out("  integrations:")
    for kind, integration in kinds.items():
        terminal.out(f"    {vendor.name if len(kinds) == 1 else f'{vendor.name}-{kind}'}:")
        for name, value in integration.items():
            terminal.out(f"      {name}: {json.dumps(value, ensure_ascii=False)}")
    terminal.out()
    if not simulator.sends_webhooks:
        terminal.out("It sends no webhooks: who calls it fetches its events.")
    elif simulator.webhooks.target:
        terminal.out(f"Webhooks go to {terminal.visible(simulator.webhooks.target)}.")
    else:
        terminal.out("Webhooks wait: start it with --webhook-target http://127.0.0.1:8080/webhooks/NAME.")
    terminal.out("Ctrl-C ends it.")
