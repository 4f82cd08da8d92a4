"""What the desk's tables hold, as frozen values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator

from livechat_sdk.domain.base import Metadata, Model, Timestamp
from livechat_sdk.domain.handoff import SurveyAnswer
from livechat_sdk.domain.messages import Attachment
from livechat_sdk.domain.people import Contact
from livechat_sdk.provider.embedded import Row

__all__ = [
    "Conversation",
    "ConversationStatus",
    "Counts",
    "DeskMessage",
    "DeskRequest",
    "DeskUser",
    "Note",
    "Participant",
    "RequestStatus",
    "Right",
    "Role",
    "from_row",
    "parsed_json",
    "to_json",
]


def parsed_json(value: Any) -> Any:
    """The value of a column that holds JSON text."""
    return json.loads(value) if isinstance(value, str) else value


_FromJson = BeforeValidator(parsed_json)


def _split(value: Any) -> Any:
    return value.split() if isinstance(value, str) else value


_FromWords = BeforeValidator(_split)


class Role(StrEnum):
    """The two application roles (docs.helvia.ai/administration/users-and-roles). They add up."""

    AGENT = "agent"
    """LiveChat Agent (API: HBF_ORG_LIVE_AGENT)."""
    ADMIN = "admin"
    """LiveChat Admin (API: HBF_ORG_LIVECHAT_ADMIN)."""

    @property
    def label(self) -> str:
        """The name in the product's pages."""
        return "LiveChat Agent" if self is Role.AGENT else "LiveChat Admin"

    @property
    def api_name(self) -> str:
        """The name in the published API (``hbf-core.openapi.json``)."""
        return "HBF_ORG_LIVE_AGENT" if self is Role.AGENT else "HBF_ORG_LIVECHAT_ADMIN"


class Right(StrEnum):
    """What somebody may do at the desk."""

    HANDLE = "handle live conversations"
    ADMINISTER = "manage the desk"


_RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.AGENT: frozenset({Right.HANDLE}),
    Role.ADMIN: frozenset({Right.HANDLE, Right.ADMINISTER}),
}


class ConversationStatus(StrEnum):
    """Where a conversation is. ``pending`` and ``unserved`` are ours: the API has only the other two."""

    PENDING = "pending"
    """Its request waits to be accepted."""
    STARTED = "started"
    FINISHED = "finished"
    UNSERVED = "unserved"
    """Nobody accepted the request."""


class RequestStatus(StrEnum):
    """Where a request is. ``cancelled`` is ours: the end user gave up before anybody accepted."""

    NEW = "new"
    ACCEPTED = "accepted"
    MISSED = "missed"
    CANCELLED = "cancelled"


class DeskUser(Model):
    """A member of the support team. The password hash is not part of it."""

    id: int
    email: str
    name: str
    roles: Annotated[frozenset[Role], _FromJson]
    """The account's own roles."""
    group_roles: Annotated[frozenset[Role], _FromWords] = frozenset()
    """The roles that the account's groups give."""
    active: bool
    away: bool = False
    """Whether they have switched themselves away, as far as the reader of the row has asked."""

    @property
    def effective_roles(self) -> frozenset[Role]:
        """Own roles and those of all groups (API: ``effectiveRoles`` in ``hbf-core.openapi.json``)."""
        return self.roles | self.group_roles

    def may(self, right: Right) -> bool:
        """Whether one of the roles, own or of a group, gives ``right``. Nothing else gives any."""
        return self.active and any(right in _RIGHTS[role] for role in self.effective_roles)


class Conversation(Model):
    """A conversation of the desk, from its request on. Messages, history and notes are apart."""

    id: int
    ref: str
    handoff_id: str
    attempt: int
    platform_conversation: str
    status: ConversationStatus
    bot: str
    user_id: str
    user_name: str | None
    user_email: str | None
    user_phone: str | None
    user_language: str | None
    user_country: str | None
    user_channel: str | None
    user_origin: str | None
    reason: str | None
    summary: str | None
    survey: Annotated[tuple[SurveyAnswer, ...], _FromJson]
    contacts: Annotated[tuple[Contact, ...], _FromJson]
    tags: Annotated[tuple[str, ...], _FromJson]
    attributes: Annotated[Metadata, _FromJson]
    history_length: int
    owner_id: int | None
    created_at: Timestamp
    started_at: Timestamp | None
    ended_at: Timestamp | None
    ended_by: str | None
    ended_why: str | None
    last_at: Timestamp
    last_text: str
    last_author: str
    last_writer_id: int | None = None
    """The member who wrote the last message, if a member did."""
    last_writer: str | None = None
    owner_name: str | None
    unread: int
    """Messages of the end user that no agent has read."""
    reminders: int = 0
    """How often the desk has alerted because the end user waited for an answer."""

    @property
    def user_label(self) -> str:
        """How to call the end user on a page: the name, the address, else "Visitor"."""
        return self.user_name or self.user_email or self.user_phone or "Visitor"

    @property
    def refs(self) -> tuple[str, str]:
        """How a provider event names this chat: our reference first, then the desk's id."""
        return (self.ref, str(self.id))


class DeskRequest(Model):
    """A request for a human, with the conversation that it is about."""

    id: int
    conversation_id: int
    type: Literal["external", "transfer", "invitation"]
    status: RequestStatus
    target_group: str | None
    target_agent: str | None
    priority: str | None
    requested_at: Timestamp
    accepted_by: int | None
    accepted_name: str | None
    closed_at: Timestamp | None
    conversation: Conversation


class DeskMessage(Model):
    """One message of a conversation, in the order of ``seq``. ``system`` lines are for the team only."""

    id: int
    conversation_id: int
    seq: int
    author: Literal["end-user", "agent", "system"]
    key: str
    author_id: int | None
    author_name: str | None
    text: str
    attachments: Annotated[tuple[Attachment, ...], _FromJson]
    sent_at: Timestamp
    delivered_at: Timestamp | None
    read_at: Timestamp | None
    translated_from: str | None = None
    translated_into: str | None = None
    """The language that the other side reads, where translation was wanted."""
    translated: str | None = None
    """The words in that language, or ``None`` when nobody gave a translation."""


class Note(Model):
    """An internal note. Not a message: nothing that goes to the end user takes this type."""

    id: int
    conversation_id: int
    author_id: int
    author_name: str
    text: str
    created_at: Timestamp
    updated_at: Timestamp


class Participant(Model):
    """A member of the team in a conversation."""

    user_id: int
    name: str
    status: Literal["active", "inactive", "transferred"]
    is_owner: bool
    joined_at: Timestamp
    left_at: Timestamp | None
    read_seq: int = 0
    """How far they have read, as the place of a message; 0 for nothing."""
    newest_seq: int = 0
    """The place of the end user's newest message."""

    @property
    def has_read(self) -> bool:
        """Whether they have read everything that the end user wrote."""
        return self.read_seq >= self.newest_seq


class Counts(Model):
    """How many rows each tab of the Inbox has."""

    new: int = 0
    open: int = 0
    closed: int = 0


_M = TypeVar("_M", bound=Model)


def from_row(model: type[_M], row: Row, **extra: Any) -> _M:
    """Make a ``model`` from the columns of ``row`` that it knows, and ``extra``."""
    known = {name: row[name] for name in model.model_fields if name in row}
    return model.model_validate(known | extra)


def to_json(values: Any) -> str:
    """JSON text of models, or of plain values, for a column."""
    return json.dumps(values, default=_plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")
