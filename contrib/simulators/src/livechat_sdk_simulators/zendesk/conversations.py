"""The calls about conversations as such: create, get, list, change, delete, take part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.reading import Misfit, only
from livechat_sdk_simulators.zendesk.bodies import Body, json_body, missing, page_of, refusing
from livechat_sdk_simulators.zendesk.state import Conversation, User, hex_id

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["PAGE", "Conversations"]

PAGE: Final = ("page[size]", "page[after]", "page[before]")
"""The parameters of lists."""
_ALL: Final = "/sc/v2/apps/{app}/conversations"
_ONE: Final = f"{_ALL}/{{conversation}}"
_PARTICIPANTS: Final = 10
_NAME: Final = 100


class Conversations:
    """The conversations of the app."""

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk
        self._all: dict[str, Conversation] = {}
        self._known: set[str] = set()
        """Users who have had a personal conversation."""

    def __iter__(self) -> Iterator[Conversation]:
        return iter(list(self._all.values()))

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            Operation("conversation", "POST", _ALL, self.create),
            Operation("conversation", "GET", _ALL, self.list_all),
            Operation("conversation", "GET", _ONE, self.get),
            Operation("update", "PATCH", _ONE, self.update),
            Operation("conversation", "DELETE", _ONE, self.delete),
            Operation("conversation", "GET", f"{_ONE}/participants", self.participants),
        ]

    def of(self, call: Call) -> Conversation:
        """The conversation that the address names. Raises ``VendorError``."""
        found = self._all.get(call.part("conversation"))
        if found is None:
            raise missing("conversation")
        call.chat = found.id
        return found

    def get_by_id(self, conversation_id: str) -> Conversation | None:
        """The conversation with this id."""
        return self._all.get(conversation_id)

    async def create(self, call: Call) -> Response:
        """Make a conversation. There is no key that would keep one from making it twice."""
        with refusing():
            only(call.query)
            fields = json_body(call)
            kind = fields.text("type", among=("personal", "sdkGroup"))
            users = self._users(fields, kind)
            details, metadata = self._details(fields), fields.metadata()
            fields.end()
        now = self._zendesk.clock.now()
        first = kind == "personal" and users[0].id not in self._known
        made = Conversation(
            id=hex_id(),
            type=kind,
            users=users,
            created_at=now,
            updated_at=now,
            is_default=first,
            details=details,
            metadata=metadata,
            active=self._zendesk.switchboard.default,
        )
        self._all[made.id] = made
        if first:
            self._known.add(users[0].id)
        call.chat, call.applied = made.id, f"conversation {made.id} was made"
        payload = {
            "creationReason": "none",
            "source": {"type": "api:conversations"},
            **({"user": users[0]} if kind == "personal" else {}),
        }
        self._zendesk.events.tell(made, ("conversation:create", payload))
        return json_answer({"conversation": made.json()}, 201)

    def _users(self, fields: Body, kind: str) -> list[User]:
        def participant(one: Body) -> User:
            user = self._zendesk.people.named(one)
            if one.maybe_flag("subscribeSDKClient") is None and kind == "sdkGroup":
                raise Misfit("participants should have required property 'subscribeSDKClient'")
            return user

        if kind == "personal" or fields.has("participants"):
            users = fields.parts("participants", participant, least=1, most=_PARTICIPANTS)
            if kind == "personal" and len(users) != 1:
                raise Misfit("a personal conversation has exactly one participant")
            return users
        return []

    def _details(self, fields: Body) -> dict[str, Any]:
        details: dict[str, Any] = {}
        for name in ("displayName", "description"):
            fields.drop_null(name)
            if (value := fields.maybe(name, most=_NAME)) is not None:
                details[name] = value
        fields.drop_null("iconUrl")
        if fields.has("iconUrl"):
            details["iconUrl"] = fields.url("iconUrl")
        return details

    async def get(self, call: Call) -> Response:
        """One conversation."""
        with refusing():
            only(call.query)
        return json_answer({"conversation": self.of(call).json()})

    async def list_all(self, call: Call) -> Response:
        """The conversations of one user."""
        with refusing():
            only(call.query, "filter[userId]", "filter[userExternalId]", *PAGE)
            own, external = call.query.get("filter[userId]"), call.query.get("filter[userExternalId]")
            if (own is None) == (external is None):
                raise Misfit("one of filter[userId] or filter[userExternalId] is required")
            people = self._zendesk.people
            user = people.with_external(external) if external is not None else people.find(own or "")
            if user is None:
                raise missing("user")
            theirs = [one for one in self if user in one.users]
            page, meta = page_of(call.query, theirs, lambda one: one.id)
        return json_answer({"conversations": [one.json() for one in page], "meta": meta, "links": {}})

    async def update(self, call: Call) -> Response:
        """Change name, description, icon or metadata; what is not named stays."""
        conversation = self.of(call)
        with refusing():
            only(call.query)
            fields = json_body(call)
            details, metadata = self._details(fields), fields.metadata()
            fields.end()
        conversation.details = {**conversation.details, **details}
        conversation.metadata = {**conversation.metadata, **metadata}
        call.applied = f"conversation {conversation.id} was changed"
        return json_answer({"conversation": conversation.json()})

    async def delete(self, call: Call) -> Response:
        """Delete a conversation with all its messages; a user's first one cannot be."""
        conversation = self.of(call)
        if conversation.is_default:
            title = f"Conversation {conversation.id} cannot be deleted because it is the default."
            raise VendorError(400, "bad_request", title)
        call.applied = f"conversation {conversation.id} was deleted"
        self.remove(conversation)
        return json_answer({})

    def remove(self, conversation: Conversation) -> None:
        """Delete a conversation, and tell it."""
        self._zendesk.desk.session_over(conversation, "the conversation was deleted")
        self._zendesk.events.tell(conversation, ("conversation:remove", {}))
        del self._all[conversation.id]

    async def participants(self, call: Call) -> Response:
        """Who takes part."""
        conversation = self.of(call)
        with refusing():
            only(call.query, *PAGE)
            page, meta = page_of(call.query, conversation.users, lambda one: one.id)
        shown: list[dict[str, object]] = [
            {"id": one.id[::-1], "userId": one.id, "unreadCount": 0, "clientAssociations": []} for one in page
        ]
        return json_answer({"participants": shown, "meta": meta})
