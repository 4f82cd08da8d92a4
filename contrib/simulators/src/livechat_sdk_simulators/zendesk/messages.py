"""The calls inside a conversation: post and list messages, and activities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer, strict_json
from livechat_sdk_simulators.reading import Misfit, only
from livechat_sdk_simulators.zendesk.bodies import Body, json_body, meta_of, missing, refusing
from livechat_sdk_simulators.zendesk.content import media_urls, read_content
from livechat_sdk_simulators.zendesk.control import CONVERSATION
from livechat_sdk_simulators.zendesk.state import Conversation, Message, hex_id

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["API_SOURCE", "LARGEST_JSON", "Messages"]

LARGEST_JSON: Final = 100_000
"""Bytes of a request."""
API_SOURCE: Final = {"type": "api:conversations"}
"""Where a message comes from that was posted."""
_MOST: Final = 30_000
_PAGE: Final = 100
_ACTIVITIES: Final = ("conversation:read", "typing:start", "typing:stop")
_NAME: Final = 256


class Messages:
    """The calls, on the state of one simulator."""

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk
        self.most = _MOST
        """How many messages a conversation holds."""

    def operations(self) -> Sequence[Operation]:
        """What there is. A post is ``send`` for the end user, and ``post`` for the business."""
        messages, activity = f"{CONVERSATION}/messages", f"{CONVERSATION}/activity"
        return [
            Operation("post", "POST", messages, self.send, when_body=_by_business),
            Operation("send", "POST", messages, self.send),
            Operation("history", "GET", messages, self.history),
            Operation("receipt", "POST", activity, self.activity, when_body=_is_receipt),
            Operation("typing", "POST", activity, self.activity),
        ]

    # -------------------------------------------------------------------------------------- messages
    async def send(self, call: Call) -> Response:
        """Take a message. The same one twice is two messages."""
        conversation = self._zendesk.conversations.of(call)
        with refusing():
            only(call.query)
            fields = json_body(call)
            author = self._author(fields, conversation)
            content = read_content(fields.part("content"))
            metadata = fields.metadata()
            self._destination(fields, conversation, author)
            fields.end()
            self._own_media(content, conversation)
        if len(conversation.messages) >= self.most:
            raise VendorError(423, "locked", f"Message limit of {self.most} per conversation reached.")
        message = Message(
            id=hex_id(),
            received=conversation.next_time(self._zendesk.clock.now()),
            author=author,
            content=content,
            source=dict(API_SOURCE),
            metadata=metadata,
        )
        self.add(conversation, message)
        call.applied = f"message {message.id} was taken"
        return json_answer({"messages": [self._json(message)]}, 201)

    def add(self, conversation: Conversation, message: Message) -> None:
        """Put a message of anybody into a conversation, and tell it."""
        conversation.messages.append(message)
        conversation.updated_at = message.received
        if message.by_user and conversation.active is None:
            conversation.active = self._zendesk.switchboard.default
        self._zendesk.desk.message_added(conversation, message)
        self._zendesk.events.tell(conversation, self._zendesk.events.message(message))
        if self._zendesk.settings.deliveries and not message.by_user:
            for event in self._zendesk.events.delivered(conversation, message):
                self._zendesk.events.tell(conversation, event)

    def _json(self, message: Message) -> dict[str, Any]:
        shown = message.json()
        if self._zendesk.settings.author_subtypes == "nowhere":
            shown["author"] = {name: value for name, value in message.author.items() if name != "subtypes"}
        return shown

    def _author(self, fields: Body, conversation: Conversation) -> dict[str, Any]:
        author = fields.part("author")
        kept: dict[str, Any] = {"type": author.text("type", among=("user", "business"))}
        if kept["type"] == "user":
            user = self._zendesk.people.named(author)
            if user not in conversation.users:
                raise VendorError(403, "forbidden", "User is not a member of the conversation")
            kept["userId"] = user.id
            author.maybe("brandId")
        elif author.has("userId") or author.has("userExternalId"):
            raise Misfit("author.userId is only supported when author.type is user")
        if (name := author.maybe("displayName", most=_NAME)) is not None:
            kept["displayName"] = name
        if author.has("avatarUrl"):
            kept["avatarUrl"] = author.url("avatarUrl")
        if author.has("subtypes"):
            if author.texts("subtypes") != ["AI"]:
                raise Misfit("author.subtypes can only be AI")
            kept["subtypes"] = ["AI"]
        author.end()
        return kept

    def _destination(self, fields: Body, conversation: Conversation, author: Mapping[str, Any]) -> None:
        if not fields.has("destination"):
            return
        destination = fields.part("destination")
        kind = destination.maybe("integrationType")
        destination.end()
        if kind != "none":
            raise Misfit("the user has no client for the destination")
        if author["type"] != "business" or conversation.type != "personal":
            raise Misfit("a silent message is of the business, in a personal conversation")

    def _own_media(self, content: Mapping[str, Any], conversation: Conversation) -> None:
        for url in media_urls(content):
            file = self._zendesk.files.at(url)
            if file is None and self._zendesk.files.ours(url):
                raise Misfit(f"there is no attachment {url}")
            if file is not None and file.conversation_id not in {None, conversation.id}:
                raise Misfit(f"the attachment {url} belongs to another conversation")
            if file is not None and content.get("mediaUrl") == url and isinstance(content, dict):
                content.setdefault("altText", file.name[:128])
                content.update(mediaType=file.type, mediaSize=len(file.content))

    async def history(self, call: Call) -> Response:
        """A page of a hundred messages, oldest first within it; without a cursor the newest page."""
        conversation = self._of(call)
        messages = conversation.messages
        ids = [one.id for one in messages]
        with refusing():
            only(call.query, "page[before]", "page[after]", "page[size]")  # the size does not apply here
            before, after = call.query.get("page[before]"), call.query.get("page[after]")
            cursor = before if before is not None else after
            if (before is not None and after is not None) or (cursor is not None and cursor not in ids):
                raise Misfit("Invalid page query parameters")
        if after is not None:
            first = ids.index(after) + 1
            last = min(len(ids), first + _PAGE)
        else:
            last = len(ids) if before is None else ids.index(before)
            first = max(0, last - _PAGE)
        meta = meta_of(ids, first, last, backwards=after is None)
        page = f"{self._zendesk.settings.base_url}{call.request.url.path}?page"
        links = {
            name: f"{page}[{way}]={meta[field]}"
            for name, way, field in (("next", "after", "afterCursor"), ("prev", "before", "beforeCursor"))
            if field in meta
        }
        shown = [self._json(one) for one in messages[first:last]]
        return json_answer({"messages": shown, "meta": meta, "links": links})

    def _of(self, call: Call) -> Conversation:
        """The conversation; for lists of messages what is missing has another name."""
        if self._zendesk.conversations.get_by_id(call.part("conversation")) is None:
            raise missing("")
        return self._zendesk.conversations.of(call)

    # ------------------------------------------------------------------------------------ activities
    async def activity(self, call: Call) -> Response:
        """Somebody types, stopped, or has read. Of an end user only that they have read."""
        conversation = self._zendesk.conversations.of(call)
        with refusing():
            only(call.query)
            fields = json_body(call)
            author = self._author(fields, conversation)
            kind = fields.text("type", among=_ACTIVITIES)
            fields.end()
            if author["type"] == "user" and kind != "conversation:read":
                raise Misfit("only conversation:read is supported for the author type user")
        call.applied = f"{author['type']}: {kind}"
        if author["type"] == "user":
            self._zendesk.desk.user_read(conversation)
        elif kind == "conversation:read":
            conversation.business_read = self._zendesk.clock.now()
        event = self._zendesk.events.activity(kind, author, API_SOURCE)
        self._zendesk.events.tell(conversation, event)
        return json_answer({})


def _looked_at(body: bytes) -> Mapping[str, Any]:
    try:
        asked: Any = strict_json(body)
    except ValueError:
        return {}
    return cast("dict[str, Any]", asked) if isinstance(asked, dict) else {}


def _by_business(body: bytes) -> bool:
    author = _looked_at(body).get("author")
    return isinstance(author, dict) and cast("dict[str, Any]", author).get("type") == "business"


def _is_receipt(body: bytes) -> bool:
    return _looked_at(body).get("type") == "conversation:read"
