"""Zendesk's words: its answers, and the parts of its webhooks, as far as they are read here.

What is not read is not demanded, and what is new is ignored: the vendor adds fields without notice.
Source: the vendor's ``sunshine-conversations-api-spec``, ``openapi.yaml`` 17.12.1.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from livechat_sdk.domain.base import Identifier, ShortText, Timestamp
from livechat_sdk.http import Answer

__all__ = [
    "AGENT_ID",
    "AGENT_WORKSPACE",
    "KEY",
    "PART",
    "REF",
    "STEP",
    "TEXT_LIMIT",
    "Wire",
    "WireApp",
    "WireAttachmentAnswer",
    "WireConversation",
    "WireConversationAnswer",
    "WireConversations",
    "WireIntegrations",
    "WireMessage",
    "WireMessages",
    "WireResponder",
    "WireSwitchboards",
    "WireUserAnswer",
    "WireWebhook",
    "WireWebhooks",
    "read",
]

TEXT_LIMIT: Final = 4096
"""Characters of one text."""

AGENT_WORKSPACE: Final = "zd:agentWorkspace"
"""Type of the switchboard integration of the agents, and of the source of what they write."""

AGENT_ID: Final = "__zendesk_msg.agent.id"
"""In the metadata of a message: the Support id of the agent who wrote it."""

REF: Final = "livechat_ref"
"""Ours, in the metadata of a conversation: the reference of the chat."""

KEY: Final = "livechat_key"
"""Ours, in the metadata of a message: its key. Whoever carries it was posted by us."""

PART: Final = "livechat_part"
"""Ours, beside the key: which part of a message with several files, and of how many (``2/3``)."""

STEP: Final = "livechat_step"
"""Ours, in the metadata of a control call: why it was made, so that its webhook is known as our own."""


class Wire(BaseModel):
    """Base of everything that Zendesk says."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        defer_build=True,
        hide_input_in_errors=True,
        alias_generator=to_camel,
        populate_by_name=True,
    )


class WireUser(Wire):
    """A messaging user."""

    id: Identifier


class WireUserAnswer(Wire):
    """One user."""

    user: WireUser


class WireResponder(Wire):
    """A switchboard integration."""

    id: str | None = None
    name: str | None = None
    integration_type: str | None = None
    deliver_standby_events: bool | None = None


class WireConversation(Wire):
    """A conversation, in an answer or in a webhook."""

    id: Identifier
    metadata: dict[str, Any] | None = None
    active_switchboard_integration: WireResponder | None = None
    last_updated_at: Timestamp | None = None

    @property
    def ref(self) -> object:
        """Our reference, if it has one."""
        return (self.metadata or {}).get(REF)


class WireConversationAnswer(Wire):
    """One conversation."""

    conversation: WireConversation


class WireMeta(Wire):
    """Whether there are more pages, and where the next one starts."""

    has_more: bool = False
    after_cursor: str | None = None
    before_cursor: str | None = None


class WireConversations(Wire):
    """One page of conversations."""

    conversations: tuple[WireConversation, ...]
    meta: WireMeta = WireMeta()


class WireAuthor(Wire):
    """Who wrote a message: ``user`` or ``business``."""

    type: ShortText
    display_name: ShortText | None = None
    subtypes: tuple[str, ...] = ()


class WireType(Wire):
    """Something of which the type alone is read: a source, an activity."""

    type: ShortText


class WireMessage(Wire):
    """A message of either side. One that was deleted may have no content any more."""

    id: Identifier
    received: Timestamp
    author: WireAuthor
    content: dict[str, Any] | None = None
    source: WireType | None = None
    metadata: dict[str, Any] | None = None
    activity: WireType | None = None
    deleted: bool | None = None

    @property
    def key(self) -> object:
        """Our key, if we posted it."""
        return (self.metadata or {}).get(KEY)


class WireMessages(Wire):
    """One page of messages, or what a post made."""

    messages: tuple[WireMessage, ...]
    meta: WireMeta = WireMeta()


class WireAttachment(Wire):
    """An uploaded file."""

    media_url: str = Field(min_length=1, max_length=4096)


class WireAttachmentAnswer(Wire):
    """One uploaded file."""

    attachment: WireAttachment


class WireIntegration(Wire):
    """An integration of the app."""

    id: Identifier
    type: str = ""


class WireIntegrations(Wire):
    """One page of integrations."""

    integrations: tuple[WireIntegration, ...]


class WireWebhook(Wire):
    """A webhook of an integration."""

    target: str = ""
    triggers: tuple[str, ...] = ()


class WireWebhooks(Wire):
    """Webhooks of one integration."""

    webhooks: tuple[WireWebhook, ...]


class WireSwitchboard(Wire):
    """The switchboard of the app."""

    id: Identifier
    enabled: bool = True


class WireSwitchboards(Wire):
    """Switchboards, or the integrations of one."""

    switchboards: tuple[WireSwitchboard, ...] = ()
    switchboard_integrations: tuple[WireResponder, ...] = ()


class WireAppDetail(Wire):
    """The app."""

    id: str
    settings: dict[str, Any] | None = None


class WireApp(Wire):
    """One app."""

    app: WireAppDetail


Read = TypeVar("Read", bound=Wire)


def read(kind: type[Read], answer: Answer) -> Read:
    """An answer as what it should be. Raises ``ProtocolError`` that names the first field that is not."""
    try:
        return kind.model_validate(answer.json())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the body"
        raise answer.unlike_documented(f"{place}: {first['msg']}") from None
