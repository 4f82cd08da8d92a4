"""How a chat is opened: step by step, each of which is found done when it is done again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from livechat_sdk.errors import RejectedError
from livechat_sdk.provider.interface import ChatOpening
from livechat_sdk_zendesk.api import Api
from livechat_sdk_zendesk.events import is_with_agents
from livechat_sdk_zendesk.settings import ZendeskSettings
from livechat_sdk_zendesk.told import page_key, pages_of, ticket_of, user_of
from livechat_sdk_zendesk.wire import AGENT_WORKSPACE, KEY, REF, STEP, WireConversation

__all__ = ["Opener"]

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_DEFAULT_NAME: Final = "zd-agentWorkspace"
_NOT_THERE: Final = frozenset({400, 404})


class Opener:
    """Opens conversations.

    The order matters: the fields of a ticket freeze when it is made, and a message to a conversation that
    agents have control of makes it. So control is taken, the pages are posted, and then control is passed
    with everything that a ticket holds.
    """

    def __init__(self, api: Api, settings: ZendeskSettings) -> None:
        self._api = api
        self._settings = settings

    async def open(self, opening: ChatOpening) -> tuple[str, str, bool]:
        """Zendesk's ids of the user and the conversation, and whether agents have control of it by now.

        An answer to passing control says "accepted" and no more.
        """
        user, is_new = await self._api.user(opening.user.id, user_of(opening))
        found = None if is_new else await self._find(user, opening.ref)
        begun = found is not None
        if found is None:
            found = await self._make(user, opening.ref, is_new=is_new)
        if not (begun and is_with_agents(found, self._settings)):
            await self._hand_over(opening, found.id, begun=begun)
            found = await self._api.conversation("open", found.id)
        await self._after(opening, user, found.id, begun=begun)
        return user, found.id, is_with_agents(found, self._settings)

    async def _find(self, user: str, ref: str) -> WireConversation | None:
        """The conversation of this chat, if it was made already."""
        known = await self._api.conversations(user)
        return next((one for one in known if one.ref == ref), None)

    async def _make(self, user: str, ref: str, *, is_new: bool) -> WireConversation:
        """A new conversation, or the newest one of a user who has one and no more."""
        if self._settings.conversation == "shared" and not is_new:
            known = await self._api.conversations(user)
            if known:
                newest = max(known, key=lambda one: one.last_updated_at or _LONG_AGO)
                metadata = {
                    name: value for name, value in (newest.metadata or {}).items() if value is not None
                } | {REF: ref}
                await self._api.name_conversation(newest.id, metadata)
                return newest
        return await self._api.ensure(
            lambda: self._api.create_conversation(user, {REF: ref}), lambda: self._find(user, ref)
        )

    async def _hand_over(self, opening: ChatOpening, conversation: str, *, begun: bool) -> None:
        bot = self._settings.bot_integration
        if bot is not None:
            body = {"switchboardIntegration": bot, "metadata": {STEP: "prepare", REF: opening.ref}}
            (await self._api.control("open", conversation, "passControl", body)).object()
        there = await self._keys(conversation) if begun else {}
        first: str | None = None
        for number, page in enumerate(pages_of(opening), 1):
            key = page_key(opening.ref, number)
            posted = there.get(key) or await self._post(conversation, key, {"type": "business"}, page)
            first = first or posted
        metadata = ticket_of(opening, self._settings, first)
        target = self._settings.agent_workspace
        try:
            await self._pass(conversation, target, metadata)
        except RejectedError as error:
            if target != _DEFAULT_NAME or error.status not in _NOT_THERE:
                raise
            await self._pass(conversation, AGENT_WORKSPACE, metadata)  # renamed: by its type it is found, too

    async def _pass(self, conversation: str, target: str, metadata: dict[str, str]) -> None:
        body = {"switchboardIntegration": target, "metadata": metadata}
        (await self._api.control("open", conversation, "passControl", body)).object()

    async def _after(self, opening: ChatOpening, user: str, conversation: str, *, begun: bool) -> None:
        """What follows the handoff in accounts that need it. Again is harmless."""
        bot, words = self._settings.bot_integration, self._settings.first_words
        if self._settings.hear_by == "offer" and bot is not None:
            body = {"switchboardIntegration": bot, "metadata": {STEP: "offer", REF: opening.ref}}
            await self._api.control("open", conversation, "offerControl", body)
        if words is not None:
            key = f"{opening.ref}:words"
            if not (begun and key in await self._keys(conversation)):
                await self._post(conversation, key, {"type": "user", "userId": user}, words)

    async def _post(self, conversation: str, key: str, author: dict[str, str], text: str) -> str:
        body = {"author": author, "content": {"type": "text", "text": text}, "metadata": {KEY: key}}

        async def look() -> str | None:
            return (await self._keys(conversation)).get(key)

        return await self._api.ensure(lambda: self._api.post("open", conversation, body), look)

    async def _keys(self, conversation: str) -> dict[str, str]:
        """Zendesk's ids of what we have posted, by our keys."""
        return {
            str(message.key): message.id
            async for message in self._api.messages("open", conversation)
            if message.key is not None
        }
