"""Whether the fields that a bot's ticket templates name are those of its ticket system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from livechat_sdk.config.diagnostics import Draft
from livechat_sdk.config.tree import Path
from livechat_sdk.provider.settings import IntegrationSettings

__all__ = ["check_ticket_fields"]


def check_ticket_fields(
    document: Mapping[str, Any], integrations: Mapping[str, IntegrationSettings | None], drafts: list[Draft]
) -> None:
    """Write down which fields the ticket system does not have, or does not take so.

    ``integrations`` are the settings by name, ``None`` for those that cannot be read. What has the wrong form
    is passed over: its own problem is written down already.
    """
    for name, bot in _items(document.get("bots")):
        settings = integrations.get(str(cast("dict[str, Any]", bot).get("ticketing"))) if _is(bot) else None
        if settings is None:
            continue
        for moment, plan in _items(bot.get("tickets")):
            for label, value in _items(plan.get("fields") if _is(plan) else None):
                is_known = not isinstance(value, str) or "{" not in value
                trouble = settings.field_trouble(label, value if is_known else None)
                if trouble is not None:
                    path: Path = ("bots", name, "tickets", moment, "fields", label)
                    drafts.append(Draft("LC313", f"{label[:60]!r} {trouble}", path, at_key=True))


def _is(value: Any) -> bool:
    return isinstance(value, Mapping)


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    return iter(cast("Mapping[str, Any]", value).items()) if isinstance(value, Mapping) else iter(())
