"""What the simulator of Zendesk can be told: who calls, and how the account is set where accounts differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from livechat_sdk_simulators.settings import SimulatorSettings

__all__ = ["TRIGGERS", "ZendeskSettings"]

TRIGGERS: Final = (
    "client:add",
    "client:remove",
    "client:update",
    "conversation:create",
    "conversation:join",
    "conversation:leave",
    "conversation:message",
    "conversation:message:delivery:channel",
    "conversation:message:delivery:failure",
    "conversation:message:delivery:user",
    "conversation:postback",
    "conversation:read",
    "conversation:referral",
    "conversation:remove",
    "conversation:typing",
    "passthrough:messaging",
    "switchboard:acceptControl",
    "switchboard:acceptControl:failure",
    "switchboard:offerControl",
    "switchboard:offerControl:failure",
    "switchboard:passControl",
    "switchboard:passControl:failure",
    "switchboard:releaseControl",
    "user:merge",
    "user:remove",
    "user:update",
)
"""Every trigger that a webhook can have."""


@dataclass(frozen=True, kw_only=True)
class ZendeskSettings(SimulatorSettings):
    """What Zendesk can be told. What the vendor leaves open is a setting, too."""

    base_url: str = "https://acme.zendesk.example"
    webhook_path: str = "/webhooks/zendesk"
    app_id: str = "5ebee0975ac5304b664a12fa"
    key_id: str = "app_5f4eaef81e3dcc117c7ba48a"
    secret: str = "a-key-secret-of-the-simulator"  # noqa: S105 - of an account that does not exist
    """What ``key_id`` is used with, as password or to sign tokens."""
    triggers: tuple[str, ...] = TRIGGERS
    """What the webhook of the bot is told."""

    default_responder: str = "zd-agentWorkspace"
    """Who has control of a new conversation: ``bot``, ``zd-answerBot``, ``zd-agentWorkspace``, or nobody
    (empty). With the agent workspace, the first message makes the ticket."""
    standby_events: bool = True
    """Whether the bot is told of what happens while it has no control (``deliverStandbyEvents``)."""
    switchboard_enabled: bool = True
    """Without a switchboard everybody is told everything, and nobody has control."""
    invalid_target: Literal["event", "error"] = "event"
    """How one learns that control cannot go where it should: by an event after the answer 200, or by 400."""
    ticket_made: Literal["handover", "user_message"] = "handover"
    """When the ticket is made: as soon as the workspace has control of a conversation that holds a message,
    or when the end user writes after that."""
    closing_gives: Literal["nobody", "next"] = "nobody"
    """Who has control after a ticket was closed: nobody (``releaseControl``), or the integration that is next
    to the workspace, which is the bot (``passControl``)."""
    end_reason: str | None = None
    """The reason that ``releaseControl`` carries when an agent ends the session; the vendor says none."""
    user_end_releases: bool = False
    """Whether ``releaseControl`` follows after the end user has ended the session."""
    agent_activities: bool = True
    """Whether webhooks tell that agents type and read."""
    author_subtypes: Literal["nowhere", "answers", "everywhere"] = "answers"
    """Where authors have ``subtypes``; the schema of webhooks has none. The vendor's retired client in Python
    cannot read those that tell agents from bots."""
    deliveries: bool = False
    """Whether webhooks tell that what the business and agents write reaches the end user, as they do for a
    channel that confirms it. Users who were made over the API have none."""
    events_together: bool = True
    """Whether events of one moment come in one webhook."""
    private_attachments: bool = False
    """Whether reading an attachment needs a key."""
    ref_key: str | None = None
    """The name in ``metadata`` of the caller's reference; else the first that ends with ``ref``."""
    message_key: str | None = None
    """The name in a message's ``metadata`` of the caller's own key; else the first that ends with ``key``."""
    calls_per_second: int | None = None
    """The vendor publishes no limit."""

    support_user: str = "bot@acme.example"
    support_token: str = "a-support-token-of-the-simulator"  # noqa: S105 - of an account that does not exist
    """For the Support API: ``{support_user}/token`` and this."""
    client_id: str = "acme-livechat"
    client_secret: str = "a-client-secret-of-the-simulator"  # noqa: S105 - of an account that does not exist
    """For the Support API by OAuth."""
    token_lifetime: float = 1800.0
    """Seconds."""
    support_webhook_secret: str | None = None
    """What the webhook of Support is signed with; without it there is none."""
    support_webhook_target: str | None = None
    """Where Support's webhook goes to; else to the same place as the conversations' one."""
    agents: int | None = 3
    """How many agents are online for messaging; ``None``: the account does not tell."""
