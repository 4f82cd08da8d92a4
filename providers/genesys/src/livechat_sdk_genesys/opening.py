"""How a conversation is begun, and what is found done when it is begun again.

A conversation cannot be looked for by our reference: it is known by the answer to a message alone. So the
first message is a short one, and a repeated opening says it again; the pages that follow are looked for in
the conversation before they are posted.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from livechat_sdk.domain.chats import Chat
from livechat_sdk.errors import AuthError, RejectedError
from livechat_sdk.provider.interface import ChatOpening
from livechat_sdk_genesys.api import Api
from livechat_sdk_genesys.contents import object_of
from livechat_sdk_genesys.events import message_id_of
from livechat_sdk_genesys.legs import REF
from livechat_sdk_genesys.settings import GenesysSettings
from livechat_sdk_genesys.told import attributes_of, first_words, pages_of, person
from livechat_sdk_genesys.wire import WireConversation, WireMessageData, time_text

__all__ = ["Opener", "names_of", "ours_of"]

_log = logging.getLogger("livechat_sdk_genesys")

_KEY: Final = "opening"


class Opener:
    """Begins conversations."""

    def __init__(self, api: Api, settings: GenesysSettings) -> None:
        self._api = api
        self._settings = settings

    async def open(self, opening: ChatOpening, integration: str, now: datetime) -> Chat:
        """Say the first words, and all that is known, and return the chat."""
        who = person(opening.ref, opening.user)
        values, left_out = attributes_of(opening, self._settings)
        if left_out:
            _log.warning("%s: no room for the attributes %s", opening.ref, ", ".join(left_out))
        metadata = {"customAttributes": {REF: opening.ref, **values}}
        first = self._body(opening.ref, who, f"{_KEY}.1", first_words(opening), now)
        first["channel"]["metadata"] = metadata
        made = await self._api.message("open", first, prefetch=True)
        pages = {
            message_id_of(opening.ref, f"{_KEY}.{number}"): page
            for number, page in enumerate(pages_of(opening, self._settings.text_limit), 2)
        }
        there = (
            await self._posted(made.conversation_id) if pages and made.conversation_id else frozenset[str]()
        )
        for message_id, page in pages.items():
            if message_id not in there:
                body = self._body(opening.ref, who, "", page, now)
                body["channel"]["messageId"] = message_id
                await self._api.message("open", body, prefetch=False)
        state: dict[str, Any] = {"from": who, "opened": now.isoformat()}
        return Chat(
            integration=integration,
            handoff_id=opening.handoff_id,
            attempt=opening.attempt,
            ref=opening.ref,
            vendor_ref=made.conversation_id,
            state=state,
        )

    def _body(
        self, ref: str, who: Mapping[str, str], key: str, text: str, now: datetime
    ) -> dict[str, dict[str, Any] | Any]:
        channel = {"messageId": message_id_of(ref, key), "from": dict(who), "time": time_text(now)}
        return {"channel": channel, "text": text}

    async def _posted(self, conversation: str) -> frozenset[str]:
        """Our ids of the messages that are there, of a conversation that was begun before.

        Where the right to read messages is missing, nothing is known to be there: better twice than not.
        """
        try:
            found = await self._api.conversation("open", conversation)
            ids = ours_of(found)
            if len(ids) <= 1:
                return frozenset()  # the first words that were just said, and no more
            said = await self._api.messages("open", conversation, ids)
        except (AuthError, RejectedError):
            return frozenset()
        return frozenset(name for one in said for name in names_of(one))


def ours_of(conversation: WireConversation) -> list[str]:
    """Genesys' ids of the messages of the end user."""
    return [
        one.message_id
        for participant in conversation.participants
        if participant.purpose in {"customer", "external"}
        for one in participant.messages or ()
        if one.message_id is not None
    ]


def names_of(message: WireMessageData) -> set[str]:
    """Our id of a message, by all the names under which Genesys may give it back."""
    named = object_of((message.normalized_message or {}).get("channel")).get("messageId")
    return {one for one in (message.provider_message_id, named) if isinstance(one, str)}
