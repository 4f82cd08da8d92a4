"""Canned responses: texts of the team that an agent puts into a reply, and nothing sends by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import BeforeValidator

from livechat_sdk.domain.base import Model, Timestamp
from livechat_sdk.errors import Expect
from livechat_sdk.provider.embedded import SqlValue, Statement
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.context import DeskContext, check_text, require
from livechat_sdk_helvia.faults import InvalidField, NotFound
from livechat_sdk_helvia.messages import MAX_MESSAGE_TEXT, Messages
from livechat_sdk_helvia.records import Conversation, DeskUser, Right, from_row, parsed_json, to_json

__all__ = ["MAX_CANNED", "VARIABLES", "Canned", "CannedDraft", "CannedResponse", "fill"]

MAX_CANNED: Final = 2000
"""Most canned responses of a desk: all of them fit into one answer and one page."""

VARIABLES: Final[Mapping[str, str]] = {
    "user_name": "the end user's name",
    "user_first_name": "the first word of the end user's name",
    "user_email": "the end user's email address",
    "user_phone": "the end user's phone number",
    "agent_name": "your name, as the end user sees it",
    "bot": "the bot that the conversation came from",
    "conversation_id": "the number of the conversation",
}
"""What may stand in double braces, and what it becomes."""

_MAX_NAME: Final = 120
_MAX_WORD: Final = 60
_MAX_WORDS: Final = 20
_MAX_BOT: Final = 200
_MAX_BOTS: Final = 200
_BRACES: Final = re.compile(r"\{\{([^{}]*)\}\}")

_SELECT: Final = """
    SELECT r.*, u.name AS owner_name FROM desk_canned r
    LEFT JOIN desk_users u
      ON u.workspace = r.workspace AND u.integration = r.integration AND u.id = r.owner_id
    WHERE r.workspace = :workspace AND r.integration = :integration
"""


class CannedDraft(Model):
    """What somebody writes of a canned response. ``workspace_wide`` ones have no ``bots``."""

    name: str
    text: str
    categories: tuple[str, ...] = ()
    workspace_wide: bool = True
    bots: tuple[str, ...] = ()


class CannedResponse(Model):
    """A stored canned response."""

    id: int
    name: str
    text: str
    categories: Annotated[tuple[str, ...], BeforeValidator(parsed_json)]
    workspace_wide: bool
    bots: Annotated[tuple[str, ...], BeforeValidator(parsed_json)]
    owner_id: int
    owner_name: str | None
    created_at: Timestamp
    updated_at: Timestamp

    def serves(self, bot: str) -> bool:
        """Whether it is offered in conversations that came from ``bot``."""
        return self.workspace_wide or bot in self.bots


class Canned:
    """The team's canned responses. Everybody at the desk uses them, a LiveChat Admin writes them."""

    def __init__(self, desk: DeskContext, messages: Messages) -> None:
        self._desk = desk
        self._messages = messages

    async def listed(
        self, actor: DeskUser, *, bot: str | None = None, search: str = "", category: str = ""
    ) -> Sequence[CannedResponse]:
        """By name. With ``bot``: those of the workspace and those of that bot (``tenantScope``).

        ``search`` looks at names and texts, without regard to case; ``category`` must be one of its own.
        """
        require(actor, Right.HANDLE)
        rows = await self._desk.fetch(_SELECT)
        wanted = search.casefold().strip()
        found = [
            response
            for response in (from_row(CannedResponse, row) for row in rows)
            if (bot is None or response.serves(bot))
            and (not category or category in response.categories)
            and (wanted in response.name.casefold() or wanted in response.text.casefold())
        ]
        return sorted(found, key=lambda response: (response.name.casefold(), response.id))

    async def get(self, actor: DeskUser, response_id: int) -> CannedResponse:
        """One canned response. Raises ``NotFound``."""
        require(actor, Right.HANDLE)
        row = await self._desk.first(_SELECT + " AND r.id = :id", id=response_id)
        if row is None:
            raise NotFound(f"There is no canned response {response_id} at this desk.")
        return from_row(CannedResponse, row)

    async def create(self, actor: DeskUser, draft: CannedDraft) -> CannedResponse:
        """Add one; ``actor`` owns it. Raises ``Forbidden``, ``InvalidField``."""
        require(actor, Right.ADMINISTER)
        values, now = _checked(draft), self._desk.now_text()
        response_id = self._desk.new_id()
        insert = self._desk.statement(
            """
            INSERT INTO desk_canned (workspace, integration, id, name, text, categories, workspace_wide, bots,
                                     owner_id, created_at, updated_at)
            SELECT :workspace, :integration, :id, :name, :text, :categories, :workspace_wide, :bots,
                   :owner_id, :now, :now
            WHERE (SELECT COUNT(*) FROM desk_canned r
                   WHERE r.workspace = :workspace AND r.integration = :integration) < :most
            """,
            expect=1,
            id=response_id,
            owner_id=actor.id,
            now=now,
            most=MAX_CANNED,
            **values,
        )
        try:
            await self._desk.database.commit([insert, self._told(actor, "created", response_id)])
        except Expect as clash:
            raise InvalidField(
                f"There are {MAX_CANNED:,} canned responses already.", hint="Delete one first."
            ) from clash
        return await self.get(actor, response_id)

    async def change(self, actor: DeskUser, response_id: int, draft: CannedDraft) -> CannedResponse:
        """Write one anew; it keeps its owner. Raises ``Forbidden``, ``InvalidField``, ``NotFound``."""
        require(actor, Right.ADMINISTER)
        values = _checked(draft)
        update = self._desk.statement(
            """
            UPDATE desk_canned SET name = :name, text = :text, categories = :categories,
                   workspace_wide = :workspace_wide, bots = :bots, updated_at = :now
            WHERE workspace = :workspace AND integration = :integration AND id = :id
            """,
            expect=1,
            id=response_id,
            now=self._desk.now_text(),
            **values,
        )
        await self._write(response_id, [update, self._told(actor, "changed", response_id)])
        return await self.get(actor, response_id)

    async def delete(self, actor: DeskUser, response_id: int) -> None:
        """Delete one for good. Raises ``Forbidden``, ``NotFound``."""
        require(actor, Right.ADMINISTER)
        delete = self._desk.statement(
            """
            DELETE FROM desk_canned
            WHERE workspace = :workspace AND integration = :integration AND id = :id
            """,
            expect=1,
            id=response_id,
        )
        await self._write(response_id, [delete, self._told(actor, "deleted", response_id)])

    async def filled(
        self, actor: DeskUser, conversation: Conversation, *responses: CannedResponse
    ) -> list[str]:
        """Texts for replies of ``actor``. What is not known stays in its braces, for the agent to fill."""
        require(actor, Right.HANDLE)
        name = conversation.user_name or ""
        agent = await self._messages.shown_agent(actor, conversation.bot)
        values = {
            "user_name": name,
            "user_first_name": name.strip().partition(" ")[0],
            "user_email": conversation.user_email or "",
            "user_phone": conversation.user_phone or "",
            "agent_name": agent.name or "",
            "bot": conversation.bot,
            "conversation_id": str(conversation.id),
        }
        return [fill(response.text, values) for response in responses]

    def _told(self, actor: DeskUser, verb: str, response_id: int) -> Statement:
        return audit_entry(self._desk, actor, f"canned.{verb}", f"canned:{response_id}")

    async def _write(self, response_id: int, statements: Sequence[Statement]) -> None:
        try:
            await self._desk.database.commit(statements)
        except Expect as clash:
            raise NotFound(f"There is no canned response {response_id} at this desk.") from clash


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put ``values`` into the braces of ``text``, once: what a value says is not looked at again."""
    return _BRACES.sub(lambda found: values.get(found[1].strip()) or found[0], text)


def _checked(draft: CannedDraft) -> dict[str, SqlValue]:
    text = check_text(draft.text, limit=MAX_MESSAGE_TEXT, what="text")
    unknown = sorted({found.strip() for found in _BRACES.findall(text)} - set(VARIABLES))
    if unknown:
        raise InvalidField(
            f"The text names what nobody can fill in: {{{{{unknown[0][:_MAX_WORD]}}}}}.",
            hint="Known: " + ", ".join(f"{{{{{name}}}}}" for name in VARIABLES) + ".",
        )
    if any("," in category for category in draft.categories):
        raise InvalidField("A category has no comma in it.")
    bots = _words(draft.bots, "bot", limit=_MAX_BOT, most=_MAX_BOTS)
    if not draft.workspace_wide and not bots:
        raise InvalidField(
            "It would be offered nowhere.", hint="Name a bot, or offer it in the whole workspace."
        )
    return {
        "name": check_text(draft.name, limit=_MAX_NAME, what="name"),
        "text": text,
        "categories": to_json(_words(draft.categories, "category", limit=_MAX_WORD, most=_MAX_WORDS)),
        "workspace_wide": int(draft.workspace_wide),
        "bots": to_json([] if draft.workspace_wide else bots),
    }


def _words(given: Sequence[str], what: str, *, limit: int, most: int) -> list[str]:
    words = [check_text(" ".join(word.split()), limit=limit, what=what) for word in given if word.strip()]
    if len(words) > most:
        raise InvalidField(f"There are {len(words)} of what there may be {most}: {what}.")
    return list(dict.fromkeys(words))
