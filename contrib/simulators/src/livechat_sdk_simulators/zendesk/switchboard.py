"""The switchboard: who is on it, and who has control of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from livechat_sdk_simulators.zendesk.events import Event
from livechat_sdk_simulators.zendesk.state import WORKSPACE, Conversation, Integration, Metadata, hex_id

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["BOT", "Switchboard", "control_payload"]

BOT: Final = "bot"
"""The name of the integration that belongs to the bot."""


class Switchboard:
    """The one switchboard of the app, and what is on it."""

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk
        settings = zendesk.settings
        self.id = hex_id()
        self.enabled = settings.switchboard_enabled
        self.bot = Integration(hex_id(), BOT, hex_id(), "custom", settings.standby_events)
        answers = Integration(hex_id(), "zd-answerBot", hex_id(), "zd:answerBot", standby_events=False)
        self.workspace = Integration(
            hex_id(), "zd-agentWorkspace", hex_id(), WORKSPACE, standby_events=False, next=self.bot
        )
        self.bot.next = answers.next = self.workspace
        self.integrations = [self.bot, answers, self.workspace]
        named = {one.name: one for one in self.integrations}
        name = settings.default_responder
        if name and name not in named:
            raise ValueError(f"default_responder is one of {', '.join(named)}, or empty, not {name!r}")
        self._default = named.get(name)

    @property
    def default(self) -> Integration | None:
        """Who has control of a conversation of which nobody has."""
        return self._default if self.enabled else None

    def target(self, conversation: Conversation, name: str) -> Integration | None:
        """Whom a control call names for a conversation; ``None`` is nobody who could have control."""
        if not self.enabled:
            return None
        if name == "next":
            return conversation.active.next if conversation.active else None
        return self.named(name)

    def named(self, name: str) -> Integration | None:
        """By id, then by name, then by type where only one has it."""
        found = [one for one in self.integrations if one.id == name]
        found += [one for one in self.integrations if one.name == name]
        if found:
            return found[0]
        typed = [one for one in self.integrations if one.type == name]
        return typed[0] if len(typed) == 1 else None

    def give(
        self,
        conversation: Conversation,
        target: Integration,
        metadata: Metadata,
        reason: str | None = None,
        *also: Event,
        kind: str = "switchboard:passControl",
    ) -> None:
        """Let ``target`` have control, and tell it, after what else there is to tell."""
        before = (conversation.active, conversation.pending)
        if conversation.active is self.workspace:
            self._zendesk.desk.session_over(conversation, reason or "somebody else has control")
        conversation.active, conversation.pending, conversation.handover = target, None, metadata
        if target is self.workspace:
            self._zendesk.desk.begin(conversation)
        event = (kind, control_payload(metadata, reason))
        self._zendesk.events.tell(conversation, *also, event, before=before)

    def release(
        self, conversation: Conversation, metadata: Metadata, reason: str | None = None, *also: Event
    ) -> None:
        """Let nobody have control, and tell it, after what else there is to tell."""
        before = (conversation.active, conversation.pending)
        if conversation.active is self.workspace:
            self._zendesk.desk.session_over(conversation, reason or "control was released")
        conversation.active = conversation.pending = None
        event = ("switchboard:releaseControl", control_payload(metadata, reason))
        self._zendesk.events.tell(conversation, *also, event, before=before)


def control_payload(metadata: Metadata, reason: str | None = None) -> dict[str, Any]:
    """What an event about control says beside the conversation."""
    payload: dict[str, Any] = {"metadata": dict(metadata)} if metadata else {}
    return payload if reason is None else {**payload, "reason": reason}
