"""Posting what the end user says: where the conversation goes on, each part once, looked up by our id."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from livechat_sdk.domain.chats import Chat
from livechat_sdk.errors import AuthError, ProviderError, RejectedError
from livechat_sdk.provider.interface import PlannedMessage, Sent
from livechat_sdk_genesys.api import Api
from livechat_sdk_genesys.events import message_id_of
from livechat_sdk_genesys.legs import facts_of
from livechat_sdk_genesys.offers import Offers
from livechat_sdk_genesys.opening import names_of, ours_of
from livechat_sdk_genesys.settings import GenesysSettings
from livechat_sdk_genesys.standing import status_of
from livechat_sdk_genesys.wire import time_text

__all__ = ["Poster", "conversation_of", "sender_of"]

_log = logging.getLogger("livechat_sdk_genesys")

_FORBIDDEN: Final = 403

_TRUSTED: Final = timedelta(seconds=5)
"""For so long a conversation that was seen to go on is taken to do so."""

_TRUSTED_WITH_STREAM: Final = timedelta(seconds=60)
"""The same where its end would be heard of."""

_MOST_SEEN: Final = 10_000
_LEFT: Final = "left"
_MEDIA: Final = {"image": "Image", "video": "Video", "audio": "Audio"}
_LONGEST_NAME: Final = 200


def conversation_of(chat: Chat) -> str | None:
    """Genesys' id of the conversation, as far as it is known."""
    kept = chat.state.get("conversation")
    return chat.vendor_ref or (kept if isinstance(kept, str) else None)


def sender_of(chat: Chat) -> dict[str, Any]:
    """Who the end user is to Genesys."""
    known: Mapping[str, Any] = chat.state.get("from") or {}
    return {**known, "id": chat.ref, "idType": "Opaque"}


class Poster:
    """Posts for one integration. ``hears_of`` tells whether the end of a chat would be heard of here."""

    def __init__(
        self,
        api: Api,
        settings: GenesysSettings,
        offers: Offers,
        now: Callable[[], datetime],
        *,
        hears_of: Callable[[Chat], bool],
    ) -> None:
        self._api = api
        self._settings = settings
        self._offers = offers
        self._now = now
        self._hears_of = hears_of
        self._seen_open: dict[str, datetime] = {}
        self._left: set[str] = set()
        """Farewells that were said here."""

    async def post(self, chat: Chat, message: PlannedMessage) -> Sent:
        """See ``GenesysProvider.send``."""
        files = message.attachments
        with _before_it_leaves():
            await self._must_go_on(chat)
            there = await self._parts_there(chat, message) if len(files) > 1 else frozenset[str]()
        if not files and (answer := await self._picked(chat, message)) is not None:
            return answer
        sent: str | None = None
        patch: dict[str, Any] = {}
        for number, (part_id, content) in enumerate(_posts(chat.ref, message), 1):
            if part_id in there:
                continue
            unknown = conversation_of(chat) is None
            try:
                made = await self._api.message(
                    "send", self._body(chat, part_id, message.sent_at) | content, prefetch=unknown
                )
            except ProviderError as error:
                if number > 1 and error.sent is False:
                    error.sent = None  # an earlier part is there
                raise
            sent = made.id
            if unknown and made.conversation_id is not None:
                patch = {"conversation": made.conversation_id}
        return Sent(vendor_id=sent, patch=patch)

    async def was_posted(self, chat: Chat, key: str) -> bool | None:
        """See ``GenesysProvider.was_sent``."""
        conversation = conversation_of(chat)
        if conversation is None:
            return None
        try:
            there = await self._named(conversation)
        except AuthError:
            return None
        whole = message_id_of(chat.ref, key)
        if whole in there:
            return True
        parts = {name for name in there if name.startswith(f"{whole}#")}
        if not parts:
            return False
        return True if len(parts) == _parts_of(next(iter(parts))) else None

    async def say_left(self, chat: Chat, conversation: str) -> None:
        """Tell the agents in words that the customer has left, once."""
        name = message_id_of(chat.ref, _LEFT)
        try:
            if name in self._left or name in await self._named(conversation):
                return
        except ProviderError as error:
            _log.debug("%s: whether the agents were told already is not known: %s", chat.ref, error)
        if len(self._left) >= _MOST_SEEN:
            self._left.clear()
        self._left.add(name)
        body = self._body(chat, name, self._now()) | {"text": self._settings.left_text}
        try:
            await self._api.message("close", body, prefetch=False)
        except ProviderError as error:
            _log.warning("%s: the agents were not told that the customer has left: %s", chat.ref, error)

    def forget(self, ref: str, conversation: str) -> None:
        """A conversation is over."""
        self._seen_open.pop(conversation, None)
        self._offers.over(ref)

    # ---- what posts have in common

    def _body(self, chat: Chat, message_id: str, sent_at: datetime) -> dict[str, Any]:
        return {"channel": {"messageId": message_id, "from": sender_of(chat), "time": time_text(sent_at)}}

    async def _picked(self, chat: Chat, message: PlannedMessage) -> Sent | None:
        """Post the answer to a quick reply as such; ``None`` if it is none, or Genesys will not have it."""
        picked = self._offers.picked(chat.ref, message.body)
        if picked is None:
            return None
        body = self._body(chat, message_id_of(chat.ref, message.key), message.sent_at)
        body["originatingMessageId"] = picked.message_id
        chosen = {"type": "QuickReply", "text": picked.choice.label, "payload": picked.choice.value}
        self._offers.over(chat.ref)
        try:
            made = await self._api.structured("send", body | {"buttonResponse": chosen})
        except RejectedError:
            return None  # as plain words then
        return Sent(vendor_id=made.id)

    async def _must_go_on(self, chat: Chat) -> None:
        """Raise ``RejectedError`` when the conversation is over."""
        conversation, now = conversation_of(chat), self._now()
        if conversation is None:
            return
        seen = self._seen_open.get(conversation)
        trusted = _TRUSTED_WITH_STREAM if self._hears_of(chat) else _TRUSTED
        if seen is not None and seen <= now < seen + trusted:
            return
        try:
            found = status_of(facts_of(await self._api.conversation("send", conversation)), now)
        except AuthError as error:
            if error.status != _FORBIDDEN:
                raise
            return  # it may not be asked: then only the stream can tell
        if found.state == "ended":
            self.forget(chat.ref, conversation)
            raise RejectedError(
                "the conversation is over: a message would begin it anew",
                provider=self._api.provider,
                operation="send",
                sent=False,
            )
        if len(self._seen_open) >= _MOST_SEEN:
            self._seen_open.clear()
        self._seen_open[conversation] = now

    async def _parts_there(self, chat: Chat, message: PlannedMessage) -> frozenset[str]:
        conversation = conversation_of(chat)
        if conversation is None:
            return frozenset()
        whole = message_id_of(chat.ref, message.key)
        try:
            return frozenset(name for name in await self._named(conversation) if name.startswith(whole))
        except AuthError:
            return frozenset()

    async def _named(self, conversation: str) -> set[str]:
        """Our ids of all messages of the end user that are there."""
        found = await self._api.conversation("look_up", conversation)
        ids = ours_of(found)
        said = await self._api.messages("look_up", conversation, ids) if ids else []
        return {name for one in said for name in names_of(one)}


def _posts(ref: str, message: PlannedMessage) -> list[tuple[str, dict[str, Any]]]:
    """Our ids and the contents of the posts of a message: one file in each, the text along with the first."""
    whole = message_id_of(ref, message.key)
    if not message.attachments:
        return [(whole, {"text": message.body})]
    posts: list[tuple[str, dict[str, Any]]] = []
    for number, file in enumerate(message.attachments, 1):
        own = whole if len(message.attachments) == 1 else f"{whole}#{number}of{len(message.attachments)}"
        attachment = {
            "mediaType": _MEDIA.get(file.media_type.partition("/")[0], "File"),
            "url": file.url,
            "mime": file.media_type,
            "filename": file.name[:_LONGEST_NAME],
        }
        content: dict[str, Any] = {"content": [{"attachment": attachment}]}
        if number == 1 and message.body:
            content["text"] = message.body
        posts.append((own, content))
    return posts


def _parts_of(name: str) -> int:
    """How many parts there are, by the name of one of them (``…#2of3``)."""
    whole = name.rpartition("of")[2]
    return int(whole) if whole.isdecimal() else 1


@contextmanager
def _before_it_leaves() -> Generator[None]:
    """What fails in here did not send the message, whatever became of the call that failed."""
    try:
        yield
    except ProviderError as error:
        error.sent = False
        raise
