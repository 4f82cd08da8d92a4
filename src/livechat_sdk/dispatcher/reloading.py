"""Whether a running process may go on with other settings: what stands in the way, and what may wait.

A handoff keeps what it was begun with (its policy and the revision of the settings); credentials are read by
the integration's name. So nearly everything may change while chats are open. What may not: the ledger under
the process, the address that it listens on, and an integration that still has chats.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from livechat_sdk.config.documents import IntegrationDocument
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.errors import Problem
from livechat_sdk.provider.interface import ChatProvider
from livechat_sdk.provider.settings import IntegrationSettings

if TYPE_CHECKING:
    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.ledger.store import Store

__all__ = ["needs_restart", "open_at", "still_needed", "with_old_ones"]

_LIVE: Final = tuple(state for state in HandoffState if state is not HandoffState.ENDED)
_ENOUGH: Final = 10_000
"""Live handoffs that are looked through."""
_LISTED: Final = 20


def needs_restart(before: LivechatFile, after: LivechatFile) -> tuple[Problem, ...]:
    """What only a new process can change, one problem for each."""
    pairs = {
        "store": (before.store, after.store),
        "workspace": (before.workspace, after.workspace),
        "gateway.host": (before.gateway.host, after.gateway.host),
        "gateway.port": (before.gateway.port, after.gateway.port),
        "files.folder": (before.files.folder, after.files.folder),
    }
    return tuple(
        Problem(
            "LC319", f"{path} cannot change while the process runs", path=path, suggestion="start it anew"
        )
        for path, (old, new) in pairs.items()
        if old != new
    )


async def still_needed(
    before: Mapping[str, object], after: Mapping[str, object], store: Store
) -> tuple[Problem, ...]:
    """One problem for each integration that is gone, or leads to another account, and has open chats."""
    changed: dict[str, str] = {}
    there = {name: _account(one) for name, one in before.items() if _takes_chats(one)}
    for name, account in there.items():
        if not _takes_chats(after.get(name)):
            changed[name] = "LC317"
        elif _account(after[name]) != account:
            changed[name] = "LC318"
    if not changed:
        return ()
    found = await open_at(changed, store)
    return tuple(_problem(code, name, found[name]) for name, code in changed.items() if found.get(name))


def _takes_chats(integration: object) -> bool:
    return isinstance(integration, ChatProvider)


def _account(provider: object) -> tuple[object, ...]:
    settings: object = getattr(provider, "settings", None)
    return settings.account() if isinstance(settings, IntegrationSettings) else ()


async def open_at(integrations: Iterable[str], store: Store) -> dict[str, list[str]]:
    """The handoffs by integration that are live there, or whose chat is still open at the vendor."""
    live = await store.handoffs(states=_LIVE, limit=_ENOUGH)
    found: dict[str, list[str]] = {}
    for name in integrations:
        ids = [handoff.id for handoff in live if handoff.integration == name]
        ids += [chat.handoff_id for chat in await store.chats_open_at(name)]
        found[name] = list(dict.fromkeys(ids))
    return found


def _problem(code: str, name: str, handoffs: Sequence[str]) -> Problem:
    what = "is gone" if code == "LC317" else "leads to another account"
    listed = ", ".join(handoffs[:_LISTED]) + (", …" if len(handoffs) > _LISTED else "")
    count = len(handoffs)
    return Problem(
        code,
        f"integration {name!r} {what} and has {count} open chat{'' if count == 1 else 's'}: {listed}",
        path=f"integrations.{name}",
        suggestion="wait until they have ended, end them, or serve with --drain",
    )


def with_old_ones(before: LivechatFile, after: LivechatFile, names: Iterable[str]) -> LivechatFile:
    """The new settings with the old documents of some integrations, which take no new chats any more."""
    kept = {name: before.integrations[name] for name in names}
    off = {
        name: IntegrationDocument({**one.as_dict(), "enabled": False}, secret=one.secret)
        for name, one in kept.items()
    }
    return after.model_copy(update={"integrations": {**after.integrations, **off}})
