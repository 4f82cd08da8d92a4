"""Puts a dispatcher together from settings: hooks, policies, integrations."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.domain.clock import Clock
from livechat_sdk.errors import ConfigurationError, Problem
from livechat_sdk.ledger.store import Store
from livechat_sdk.provider.embedded import Row, SqlValue, Statement
from livechat_sdk.provider.interface import AnyProvider, ChatProvider

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.files import Files, FileScanner
    from livechat_sdk.hooks import Hooks
    from livechat_sdk.policies.business_hours import BusinessHours
    from livechat_sdk.policies.routing import RoutingRules
    from livechat_sdk.registry import Registry

_log = logging.getLogger("livechat_sdk.settings")

__all__ = ["NotifyingDatabase", "Parts", "assemble", "files_of", "read_file"]


@dataclass(frozen=True, slots=True)
class Parts:
    """What was built from the settings."""

    hooks: Hooks
    integrations: Mapping[str, object]
    providers: Mapping[str, AnyProvider]
    rules: RoutingRules
    hours: BusinessHours


class NotifyingDatabase:
    """The ledger's database as embedded providers see it; says when events were committed."""

    def __init__(self, store: Store, committed: Callable[[], None]) -> None:
        self._store = store
        self._committed = committed

    async def create_tables(self, name: str, version: int, ddl: Sequence[str]) -> None:
        """See ``EmbeddedDatabase.create_tables``."""
        await self._store.create_tables(name, version, ddl)

    async def commit(self, statements: Sequence[Statement], events: Sequence[ProviderEvent] = ()) -> None:
        """See ``EmbeddedDatabase.commit``."""
        await self._store.commit(statements, events)
        if events:
            self._committed()

    async def fetch(self, sql: str, params: Mapping[str, SqlValue] | None = None) -> Sequence[Row]:
        """See ``EmbeddedDatabase.fetch``."""
        return await self._store.fetch(sql, params)


def files_of(
    settings: LivechatFile, store: Store, workspace: str, clock: Clock, scan: FileScanner | None
) -> Files:
    """The files of a workspace, as the settings say. Does no I/O."""
    from livechat_sdk.files import Files, Links

    wanted = settings.files
    links = Links(
        lambda: store.derived_keys("livechat-sdk links to files 1"),
        public_url=settings.gateway.public_url,
        lifetime=wanted.link_lifetime,
    )
    return Files(
        store,
        workspace,
        folder=_folder_of(wanted.folder, store),
        links=links,
        now=clock.now,
        limits=wanted.limits(),
        scan=scan,
    )


def _folder_of(folder: str | None, store: Store) -> Path:
    from pathlib import Path

    if folder is not None:
        return Path(folder)
    database = getattr(store, "path", None)
    return (
        database.with_name(f"{database.name}.files") if isinstance(database, Path) else Path("livechat-files")
    )


def assemble(settings: LivechatFile, registry: Registry, clock: Clock, plugins: Sequence[object]) -> Parts:
    """Build every integration and register every plugin. Does no I/O.

    Plugins are asked last registered first: those given in code, then integrations, then the
    installed ones, then our own policies. A chat provider takes part if it implements a hook; those
    about contacts and tickets are for integrations of their own. Raises ``ConfigurationError`` with
    every problem.
    """
    from livechat_sdk.hooks.checking import find_implementations
    from livechat_sdk.policies.business_hours import BusinessHours, hours_by_bot
    from livechat_sdk.policies.journal_log import JournalLog
    from livechat_sdk.policies.routing import RoutingRules
    from livechat_sdk.policies.system_messages import SystemMessages

    integrations, problems = _integrations(settings, registry, clock)
    if problems:
        raise ConfigurationError(problems)
    hooks = registry.hooks(hook_timeout=settings.plugins.hook_timeout)
    hours = {
        name: (bot.livechat.business_hours, bot.livechat.language)
        for name, bot in settings.bots.items()
        if bot.livechat.business_hours is not None
    }
    overrides = {name: bot.livechat.system_messages for name, bot in settings.bots.items()}
    languages = {name: bot.livechat.language for name, bot in settings.bots.items()}
    hooks.register(JournalLog(), name="policy.journal_log", inline=True)
    rules = RoutingRules(settings.rule_books())
    hooks.register(rules, name="policy.routing", inline=True)
    policy = BusinessHours(hours_by_bot(hours, settings.calendars))
    hooks.register(policy, name="policy.business_hours", inline=True)
    spoken = {name: bot.livechat.spoken for name, bot in settings.bots.items()}
    hooks.register(SystemMessages(overrides, languages, spoken), name="policy.system_messages", inline=True)
    providers: dict[str, AnyProvider] = {}
    for name, built in integrations.items():
        if isinstance(built, ChatProvider):
            providers[name] = built
            if find_implementations(name, plugin := cast("object", built)):
                # Under a name of its own: integrations are often called like the plugin that brings them.
                hooks.register(plugin, name=f"integration.{name}", selectable=True)
        else:
            hooks.register(built, name=name, selectable=True)
    for number, given in enumerate(plugins, start=1):
        hooks.register(given, name=f"{type(given).__name__}.{number}")
    hooks.check()
    return Parts(hooks=hooks, integrations=integrations, providers=providers, rules=rules, hours=policy)


def read_file(path: str | Path, registry: Registry | None) -> tuple[LivechatFile, Registry]:
    """Settings from a file, and the plugins to use with them: the given ones, or those that are installed.

    Raises ``ConfigurationError`` with file, line and fix; what is only doubtful is logged.
    """
    from livechat_sdk.config import load_file, require
    from livechat_sdk.registry import Registry as _Registry

    known = registry or _Registry.discover()
    loaded = load_file(path, types=known.types)
    settings = require(loaded)
    for problem in loaded.warnings:
        _log.warning("%s", problem)
    if registry is None and settings.plugins.block:
        known = _Registry.discover(block=settings.plugins.block)
    return settings, known


def _integrations(
    settings: LivechatFile, registry: Registry, clock: Clock
) -> tuple[dict[str, Any], list[Problem]]:
    built: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, document in settings.integrations.items():
        try:
            built[name] = registry.build(
                {"name": name, **document.as_dict()}, workspace=settings.workspace, now=clock.now
            )
        except ConfigurationError as error:
            problems.extend(error.problems)
    return built, problems
