"""The people of a handoff: the end user, the agent, and what a CRM knows about the end user."""

from __future__ import annotations

from pydantic import Field

from livechat_sdk.domain.base import Identifier, Metadata, Model, ShortText, Timestamp

__all__ = ["Agent", "Contact", "ContactField", "EndUser"]


class EndUser(Model):
    """The person in the channel.

    ``language`` is a BCP 47 tag (``en``, ``el``, ``pt-BR``), ``country`` an ISO 3166 code,
    ``channel`` the kind of channel (``webchat``, ``viber``, …), ``origin`` where it lives (a page
    address, a bot's handle).
    """

    id: Identifier
    name: ShortText | None = None
    email: ShortText | None = None
    phone: ShortText | None = None
    language: ShortText | None = None
    country: ShortText | None = None
    channel: ShortText | None = None
    origin: ShortText | None = None
    attributes: Metadata = Field(default_factory=dict)


class Agent(Model):
    """A human of the support team, as the end user may see them (``name`` is already masked)."""

    id: Identifier
    name: ShortText | None = None


class ContactField(Model):
    """One property of a contact that is shown to the agent."""

    label: ShortText
    value: ShortText


class Contact(Model):
    """What one CRM knows about the end user. ``source`` is the name of the integration or plugin."""

    source: Identifier
    id: Identifier
    name: ShortText | None = None
    email: ShortText | None = None
    phone: ShortText | None = None
    link: ShortText | None = None
    fields: tuple[ContactField, ...] = ()
    found_at: Timestamp | None = None
