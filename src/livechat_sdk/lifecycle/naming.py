"""Masks the names of agents in what a vendor reports, before anything is made of it.

All that is told, kept, exported or put into a ticket comes from an event that went through here; so a name
that is not shown is nowhere: only its digest, by which it is found in texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from livechat_sdk.domain.agent_names import HiddenName, hide
from livechat_sdk.domain.chats import (
    AgentJoined,
    AgentLeft,
    ChatEnded,
    ChatRejected,
    ChatTransferred,
    MessageFailed,
    MessageReceived,
    ProviderEvent,
    UnknownEvent,
)
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Message
from livechat_sdk.domain.people import Agent
from livechat_sdk.lifecycle.inputs import EffectDoubtful, EffectFailed, Input, ProviderReported

__all__ = ["masked"]

_MOST = 100
"""Names that are looked for in the texts of one handoff, at most: the latest."""

_Hide = Callable[[str], str]


def masked(handoff: Handoff, happening: Input) -> tuple[Input, tuple[HiddenName, ...]]:
    """The input as the end user may know it, and the names that are hidden in this handoff from now on.

    The same objects come back where the names of agents are shown in full.
    """
    names = handoff.policy.agent_names
    if names.show == "full":
        return happening, handoff.hidden_names
    known = handoff.hidden_names
    if isinstance(happening, ProviderReported):
        hidden = dict.fromkeys(known)
        for agent in _agents(happening.event):
            hidden |= dict.fromkeys(HiddenName.of(agent, names, handoff.id))
        known = tuple(hidden)[-_MOST:]

    def vendors(text: str) -> str:
        return hide(text, known, handoff.id, whole=False)

    def agents(text: str) -> str:
        return hide(text, known, handoff.id, whole=True)

    match happening:
        case ProviderReported(event=event):
            event = _masked(event, names.shown, vendors, agents)
            return happening.model_copy(update={"event": event}), known
        case EffectFailed(error=error) | EffectDoubtful(error=error):
            return happening.model_copy(update={"error": vendors(error)}), known
        case _:
            return happening, known


def _agents(event: ProviderEvent) -> list[Agent]:
    match event:
        case AgentJoined(agent=agent) | AgentLeft(agent=agent):
            return [agent]
        case MessageReceived(agent=agent) | ChatTransferred(agent=agent):
            return [] if agent is None else [agent]
        case _:
            return []


def _masked(
    event: ProviderEvent, shown: Callable[[Agent], Agent], vendors: _Hide, agents: _Hide
) -> ProviderEvent:
    changes: dict[str, Any] = {"raw": None}
    match event:
        case AgentJoined(agent=agent) | AgentLeft(agent=agent):
            changes |= {"agent": shown(agent)}
        case MessageReceived(agent=agent, message=message, author=author):
            changes |= {
                "agent": None if agent is None else shown(agent),
                "message": _message(message, agents if author == "agent" else vendors),
            }
        case ChatTransferred(agent=agent, to=to, is_team=is_team):
            # Unless the vendor says that it is a team, it may well be somebody whom we have not met yet.
            changes |= {
                "agent": None if agent is None else shown(agent),
                "to": vendors(to) if to is not None and is_team else None,
            }
        case ChatRejected(reason=reason) | MessageFailed(reason=reason):
            changes |= {"reason": vendors(reason)}
        case ChatEnded(raw_reason=reason):
            changes |= {"raw_reason": None if reason is None else vendors(reason)}
        case UnknownEvent(name=name):
            changes |= {"name": vendors(name)}
        case _:
            pass
    return event.model_copy(update=changes)


def _message(message: Message, clean: _Hide) -> Message:
    changes: dict[str, Any] = {"body": clean(message.body), "metadata": _plain(message.metadata, clean)}
    if message.attachments:
        changes["attachments"] = tuple(
            one.model_copy(update={"name": clean(one.name)}) for one in message.attachments
        )
    if message.choices:
        changes["choices"] = tuple(
            one.model_copy(update={"label": clean(one.label)}) for one in message.choices
        )
    return message.model_copy(update=changes)


def _plain(value: Any, clean: _Hide) -> Any:
    """JSON data with its texts cleaned."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: _plain(one, clean) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(one, clean) for one in cast("Sequence[Any]", value)]
    return value
