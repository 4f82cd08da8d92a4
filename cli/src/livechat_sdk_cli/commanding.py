"""The commands of the root, each of which is loaded when it is asked for and not before.

The list of them needs what stands here and nothing else, so that whoever runs one command does not wait for
the others.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import typer
from typer.main import get_command, get_group

from livechat_sdk_cli import manual
from livechat_sdk_cli.manual import example

__all__ = ["ENTRIES", "Commands", "Entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a command before it is loaded.

    ``where`` is its module in ``livechat_sdk_cli.commands`` and the name there: of its function, or of an
    ``app`` that has commands of its own.
    """

    where: str
    short_help: str
    heading: str
    epilog: str | None = None


ENTRIES: Final[dict[str, Entry]] = {
    "demo": Entry(
        "demo:demo",
        "Play a handoff on this machine.",
        manual.TRY,
        example("livechat demo"),
    ),
    "chat": Entry(
        "chat:chat",
        "Be the end user, in the terminal.",
        manual.TRY,
        example("livechat chat shop-bot"),
    ),
    "simulate": Entry(
        "simulate:simulate",
        "Play a vendor on this machine.",
        manual.TRY,
        example("livechat simulate genesys --port 8090"),
    ),
    "serve": Entry(
        "serve:serve",
        "Serve the gateway and the desk.",
        manual.OPERATE,
        example("livechat serve livechat.yaml --channel my_platform.channel:Channel"),
    ),
    "validate": Entry(
        "validate:validate",
        "Check settings, list every problem.",
        manual.SET_UP,
        example("livechat validate --strict livechat.yaml"),
    ),
    "doctor": Entry(
        "doctor:doctor",
        "Ask every vendor whether the settings are right.",
        manual.SET_UP,
        example("livechat doctor acme-zendesk"),
    ),
    "migrate": Entry(
        "migrate:migrate",
        "Bring settings to today's form.",
        manual.SET_UP,
        example("livechat migrate --dry-run livechat.yaml"),
    ),
    "diff": Entry(
        "diff:diff",
        "Replay stored requests under other settings.",
        manual.SET_UP,
        example("livechat diff livechat.yaml livechat-new.yaml"),
    ),
    "show": Entry(
        "show:show",
        "Show a handoff and the fate of every message.",
        manual.OPERATE,
        example("livechat show h-0123"),
    ),
    "parked": Entry(
        "parked:parked",
        "List what was given up.",
        manual.OPERATE,
        example("livechat parked"),
    ),
    "retry": Entry(
        "parked:retry",
        "Try again what was given up.",
        manual.OPERATE,
        example("livechat retry h-0123 --all"),
    ),
    "drop": Entry(
        "parked:drop",
        "Take what was given up off the list.",
        manual.OPERATE,
        example("livechat drop h-0123 7"),
    ),
    "end": Entry(
        "end:end",
        "End a handoff that is stuck.",
        manual.OPERATE,
        example('livechat end h-0123 --reason "the agent\'s screen froze"'),
    ),
    "record": Entry(
        "record:record",
        "Record a provider's calls to a real account.",
        manual.DEVELOP,
        example("livechat record acme-zendesk --operation check"),
    ),
    "export": Entry(
        "export:export",
        "Export what is kept about a person.",
        manual.PEOPLE,
        example("livechat export --user u-1 --output u-1.json"),
    ),
    "erase": Entry(
        "erase:erase",
        "Erase what is kept about a person.",
        manual.PEOPLE,
        example("livechat erase --older-than 90d --dry-run"),
    ),
    "certify": Entry(
        "certify:certify",
        "Put installed providers to the proof.",
        manual.DEVELOP,
        example("livechat certify ZENDESK_LIVECHAT --out certificates"),
    ),
    "plugins": Entry(
        "plugins:plugins",
        "List the installed plugins.",
        manual.DEVELOP,
        example("livechat plugins"),
    ),
    "schema": Entry(
        "schema:schema",
        "Print the JSON Schema of livechat.yaml.",
        manual.SET_UP,
        example("livechat schema > livechat.schema.json"),
    ),
    "version": Entry(
        "version:version",
        "Print what is installed.",
        manual.MORE,
        example("livechat version --json"),
    ),
    "new": Entry("new:app", "Make a package for a provider or a plugin.", manual.DEVELOP),
    "explain": Entry("explain:app", "Say more about something.", manual.SET_UP),
    "ledger": Entry(
        "ledger:app", "Show the schema of the ledger, or bring it to another one.", manual.OPERATE
    ),
}
"""Every command, in the order of the reference."""


class Commands(MutableMapping[str, Any]):
    """Commands by name, as typer keeps them in a group."""

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = dict.fromkeys(ENTRIES)

    def __getitem__(self, name: str) -> Any:
        if self._loaded[name] is None:
            self._loaded[name] = _load(name, ENTRIES[name])
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded)

    def __len__(self) -> int:
        return len(self._loaded)


def _load(name: str, entry: Entry) -> Any:
    module, _, attribute = entry.where.partition(":")
    found: Any = getattr(import_module(f"livechat_sdk_cli.commands.{module}"), attribute)
    if isinstance(found, typer.Typer):
        group: Any = get_group(found)
        group.name = name
        return group
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name, short_help=entry.short_help, epilog=entry.epilog)(found)
    return get_command(alone)
