"""What the simulator of Genesys can be told: who calls, and how the organisation is set where they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from livechat_sdk_simulators.settings import SimulatorSettings

__all__ = ["GenesysSettings"]

_WEEKDAYS: Final = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
_HOURS: Final[Sequence[Mapping[str, Any]]] = (
    {
        "name": "Support hours",
        "timeZone": "Europe/Athens",
        "open": (
            {
                "name": "Working days",
                "start": "2026-01-05T09:00:00.000000",
                "end": "2026-01-05T17:00:00.000000",
                "rrule": _WEEKDAYS,
            },
        ),
        "closed": (),
        "holiday": (
            {
                "name": "Christmas",
                "start": "2026-12-25T00:00:00.000000",
                "end": "2026-12-26T00:00:00.000000",
                "rrule": "FREQ=YEARLY",
            },
        ),
    },
)
_CONTACTS: Final[Sequence[Mapping[str, Any]]] = (
    {
        "id": "2b0a9c52-4a55-4c7e-8f6b-0d6c2a0c0001",
        "firstName": "Maria",
        "lastName": "Papadaki",
        "title": "Engineer",
        "workEmail": "maria@customer.example",
        "cellPhone": {"display": "+30 210 1234567", "e164": "+302101234567", "countryCode": "GR"},
    },
)


@dataclass(frozen=True, kw_only=True)
class GenesysSettings(SimulatorSettings):
    """What Genesys can be told. What the vendor leaves open is a setting, too."""

    # ---------------------------------------------------------------------------------- who and where
    base_url: str = "https://api.genesys.example"
    webhook_path: str = "/webhooks/genesys"
    region: str = "genesys.example"
    """The domain behind ``api.`` and ``login.``, in any form."""
    login_url: str | None = None
    """Where callers ask for tokens; else ``https://login.{region}`` where ``base_url`` is that of the region,
    and ``base_url`` where it is not. All of it is one server."""
    client_id: str = "6f4a1d0c-7a55-4a0e-9a3c-2f6a1c9a0001"
    client_secret: str = "a-client-secret-of-the-simulator"  # noqa: S105 - of an organisation of nobody
    token_lifetime: float = 86_400.0
    """Seconds."""
    integration_id: str = "e6b352de-ecd0-49c7-94de-7787418869bc"
    """The Open Messaging integration."""
    integration_name: str = "Bot handoff"
    webhook_headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Headers that every webhook carries (``webhookHeaders`` of the integration)."""

    # ------------------------------------------------------------------------------- rights and limits
    missing_rights: Sequence[str] = ()
    """Permissions that the client lacks, such as ``conversation:communication:disconnect``."""
    user_token: bool = False
    """Whether tokens count as those of a user, which the inbound calls refuse."""
    calls_per_minute: int | None = 300
    """Of one token; ``None``: no limit."""
    edge_pages: bool = False
    """Whether 503 and 504 come from the edge, as pages in HTML. 502 always does."""

    # --------------------------------------------------------------------------------- inbound messages
    inbound_status: Literal[200, 202] = 200
    """What a message that was taken is answered with."""
    text_limit: int = 4000
    """Characters of an inbound text; documents speak of 2000 and of 4000."""
    attributes_limit: int | None = 2048
    """Bytes of ``customAttributes`` as JSON; the vendor says none for Open Messaging."""
    refused_media: Sequence[str] = ()
    """Media types, or beginnings of them, that the supported content profile refuses: the answer is 2xx, and
    its body says ``Failed``."""
    failing_text: str | None = None
    """A text that holds this is answered 2xx with ``Failed`` in the body."""
    drops_repeated_messages: bool = False
    """Whether a ``channel.messageId`` that was seen before is dropped; nobody documents it."""
    threading_minutes: int = 4320
    """How long after its end a conversation goes on when the same end user writes; 0: never."""
    typing_enabled: bool = True
    """Whether the messaging setting lets typing through, in both directions."""

    disconnect_again: Literal["refused", "accepted"] = "refused"
    """What disconnecting somebody who is disconnected already is answered with."""
    ref_attribute: str | None = None
    """The custom attribute that holds the caller's reference; else the end user's id is it."""

    # --------------------------------------------------------------------------------------- routing
    queues: Sequence[str] = ("Support", "Billing")
    """Names; the first is where the flow sends whoever asks for none."""
    queue_attributes: Sequence[str] = ("queueId", "queue")
    """The custom attributes that the flow looks at for a queue, by id or name; so for the next three."""
    priority_attributes: Sequence[str] = ("priority",)
    skills_attributes: Sequence[str] = ("skills", "mySkills")
    language_attributes: Sequence[str] = ("language", "myLanguage")
    skills: Sequence[str] = ("Greek", "Billing")
    languages: Sequence[str] = ("English", "Greek")
    """Names of those that there are from the beginning, whatever chats ask for."""
    flow_texts: Sequence[str] = ()
    """What the flow writes to each new chat before it is in a queue, as ``Bot``."""
    alerting_seconds: float | None = None
    """How long a chat rings at an agent who stays silent, before it goes on waiting; ``None``: for ever."""
    agents: int | None = 3
    """How many agents are on queue; ``None``: the organisation does not tell."""

    # --------------------------------------------------------------------------------------- webhooks
    webhook_conversation_id: bool = True
    """Whether webhooks name the conversation; older ones do not."""
    nickname_field: Literal["nickname", "nickName"] = "nickname"
    """How webhooks write it."""
    receipt_webhooks: bool = False
    """Whether webhooks tell that agents have read, and that an inbound message failed; the schema has them,
    and nobody has seen one."""
    refusal_ends_chat: bool = False
    """Whether a webhook that is refused for good ends the chat, as one report says."""
    private_downloads: bool = False
    """Whether a file of an agent wants a token."""
    download_seconds: float | None = None
    """How long a file of an agent can be downloaded; ``None``: for ever."""

    # ------------------------------------------------------------------------------- what is looked up
    schedule_groups: Sequence[Mapping[str, Any]] = _HOURS
    """Opening hours: ``name`` and ``timeZone`` of each group, and its schedules below ``open``, ``closed``
    and ``holiday``, each with ``name``, ``start``, ``end`` (local, without a zone) and ``rrule``."""
    contacts: Sequence[Mapping[str, Any]] = _CONTACTS
    """External contacts, as the API has them."""
    analytics_lag: float = 60.0
    """Seconds until analytics know of what happened."""

    # ---------------------------------------------------------------------------------- notifications
    channel_seconds: float = 86_400.0
    """How long a channel lives; subscribing again extends it."""
    heartbeat_seconds: float = 30.0
    channels: int = 20
    """Of one client; one more pushes out an old one."""
    topics: int = 1000
    """Of one channel."""

    @property
    def own_region(self) -> bool:
        """Whether callers reach the simulator under the names of the region."""
        return self.base_url == f"https://api.{self.region}"

    @property
    def login(self) -> str:
        """Where callers ask for tokens."""
        usual = f"https://login.{self.region}" if self.own_region else self.base_url
        return self.login_url or usual
