"""The webhooks of Sunshine Conversations: who is told what, and the envelope it comes in."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from livechat_sdk_simulators.clock import rfc3339
from livechat_sdk_simulators.webhooks import Attempt, Receiver, on_schedule
from livechat_sdk_simulators.zendesk.state import Conversation, Integration, Message, hex_id

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["Event", "Events", "Hook", "repeats"]

_FINAL: Final = frozenset({400, 401, 403, 404, 406})
_GROWING: Final = on_schedule(10, 40, 160, 640)  # five attempts within fifteen minutes

Event = tuple[str, dict[str, Any]]
"""Type and payload; the conversation is added to it."""


def repeats(attempts: Sequence[Attempt]) -> float | None:
    """Five attempts within fifteen minutes, and none after an answer that is final."""
    return None if attempts[-1].status in _FINAL else _GROWING(attempts)


@dataclass(slots=True, eq=False, kw_only=True)
class Hook:
    """A webhook that was set up. Without a ``target`` it goes where the simulator's webhooks go."""

    id: str
    integration_id: str
    target: str | None
    triggers: list[str]
    secret: str
    full_user: bool = False
    full_source: bool = False

    def json(self) -> dict[str, Any]:
        """As answers show it."""
        return {
            "id": self.id,
            "version": "v2",
            "target": self.target or "",
            "triggers": self.triggers,
            "secret": self.secret,
            "includeFullUser": self.full_user,
            "includeFullSource": self.full_source,
        }


class Events:
    """Tells the webhooks what happens."""

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk
        self.hooks: list[Hook] = []

    def tell(
        self,
        conversation: Conversation,
        *events: Event,
        before: Collection[Integration | None] = (),
        unasked: bool = False,
    ) -> None:
        """Tell of events of one moment. ``before`` is who had control, or was offered it, until then.

        With ``unasked`` it does not matter for what a webhook was set up.
        """
        settings = self._zendesk.settings
        groups = [events] if settings.events_together else [(one,) for one in events]
        for hook in self.hooks:
            if not self._hears(hook, conversation, before):
                continue
            for group in groups:
                self._send(hook, conversation, group, unasked=unasked)

    def _hears(self, hook: Hook, conversation: Conversation, before: Collection[Integration | None]) -> bool:
        board = self._zendesk.switchboard
        mine = [one for one in board.integrations if one.integration_id == hook.integration_id]
        if not board.enabled or not mine:
            return True
        hearing = {conversation.active, conversation.pending, *before}
        return any(one in hearing or one.standby_events for one in mine)

    def _send(
        self, hook: Hook, conversation: Conversation, events: Sequence[Event], *, unasked: bool
    ) -> None:
        wanted = [one for one in events if unasked or one[0] in hook.triggers]
        if not wanted:
            return
        now = rfc3339(self._zendesk.clock.now())
        envelope = {
            "app": {"id": self._zendesk.settings.app_id},
            "webhook": {"id": hook.id, "version": "v2"},
            "events": [
                {
                    "id": hex_id(),
                    "createdAt": now,
                    "type": kind,
                    "payload": {"conversation": conversation.brief(), **self._seen(hook, payload)},
                }
                for kind, payload in wanted
            ],
        }
        secret = hook.secret
        to = Receiver(target=hook.target, sign=lambda _body, _at: {"X-API-Key": secret}, repeat=repeats)
        body = json.dumps(envelope, ensure_ascii=False).encode()
        name = wanted[-1][0]  # what the others lead to
        self._zendesk.webhooks.emit(hex_id(), name, body, conversation.id, to)

    def _seen(self, hook: Hook, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload as this webhook wants it: users whole or in short."""
        shown = dict(payload)
        if (user := shown.get("user")) is not None:
            shown["user"] = user.brief(full=hook.full_user)
        for name in ("message", "activity"):
            author: Mapping[str, Any] | None = shown.get(name, {}).get("author")
            if author is not None:
                shown[name] = {**shown[name], "author": self._author(hook, author)}
        return shown

    def _author(self, hook: Hook, author: Mapping[str, Any]) -> dict[str, Any]:
        shown = dict(author)
        if self._zendesk.settings.author_subtypes != "everywhere":
            shown.pop("subtypes", None)
        user = self._zendesk.people.find(author["userId"]) if author["type"] == "user" else None
        if user is not None:
            shown["user"] = user.brief(full=hook.full_user)
        return shown

    def message(self, message: Message) -> Event:
        """A message was written, whoever wrote it."""
        return "conversation:message", {"message": message.json()}

    def delivered(self, conversation: Conversation, message: Message) -> list[Event]:
        """A message has reached the channel of the end user, and then the end user."""
        payload: dict[str, Any] = {
            "message": {"id": message.id},
            "destination": {"type": "web", "integrationId": self._zendesk.settings.app_id[::-1]},
            "externalMessages": None,
        }
        if conversation.users:
            payload["user"] = conversation.users[0]
        return [
            ("conversation:message:delivery:channel", {**payload, "isFinalEvent": False}),
            ("conversation:message:delivery:user", {**payload, "isFinalEvent": True}),
        ]

    def activity(self, kind: str, author: Mapping[str, Any], source: Mapping[str, Any]) -> Event:
        """Somebody types, stopped, or has read."""
        event = "conversation:read" if kind == "conversation:read" else "conversation:typing"
        return event, {"activity": {"type": kind, "author": dict(author), "source": dict(source)}}
