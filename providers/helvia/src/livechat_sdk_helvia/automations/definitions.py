"""The automations of a desk: an admin makes, changes and deletes them; members see those of their bot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from livechat_sdk.errors import Expect
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.automations.checking import (
    MAX_NAME,
    check_address,
    check_headers,
    check_inputs,
    check_words,
)
from livechat_sdk_helvia.automations.outside import Outside
from livechat_sdk_helvia.automations.records import Automation, AutomationDraft, Header
from livechat_sdk_helvia.context import DeskContext, check_text, require
from livechat_sdk_helvia.faults import InvalidField, NotFound
from livechat_sdk_helvia.records import DeskUser, Right, from_row, to_json

__all__ = ["Definitions"]

_MOST: Final = 200
"""Automations of one desk."""

_SELECT: Final = """
    SELECT * FROM desk_automations WHERE workspace = :workspace AND integration = :integration
"""


class Definitions:
    """What automations there are."""

    def __init__(self, desk: DeskContext, outside: Outside) -> None:
        self._desk = desk
        self._outside = outside

    async def all(self, actor: DeskUser) -> Sequence[Automation]:
        """Every automation, by name; for admins."""
        require(actor, Right.ADMINISTER)
        return [_shown(one) for one in await self._read()]

    async def get(self, actor: DeskUser, automation_id: int) -> Automation:
        """One automation, for admins. Raises ``NotFound``."""
        require(actor, Right.ADMINISTER)
        return _shown(await self.stored(automation_id))

    async def buttons(self, actor: DeskUser, bot: str) -> Sequence[Automation]:
        """The automations that a member may start in conversations of ``bot``, by name."""
        require(actor, Right.HANDLE)
        return [_shown(one) for one in await self._read() if one.on_button and one.serves(bot)]

    async def create(self, actor: DeskUser, draft: AutomationDraft) -> Automation:
        """Make an automation. Raises ``InvalidField``."""
        require(actor, Right.ADMINISTER)
        row = await self._desk.first(
            """
            SELECT COUNT(*) AS number FROM desk_automations
            WHERE workspace = :workspace AND integration = :integration
            """
        )
        if row is not None and int(str(row["number"])) >= _MOST:
            raise InvalidField(f"A desk has {_MOST} automations at most.")
        made, now = self._desk.new_id(), self._desk.now_text()
        insert = self._desk.statement(
            """
            INSERT INTO desk_automations (workspace, integration, id, name, kind, address, headers, inputs,
                categories, everywhere, on_button, on_end, on_missed, author_id, created_at, updated_at)
            VALUES (:workspace, :integration, :id, :name, :kind, :address, :headers, :inputs,
                :categories, :everywhere, :on_button, :on_end, :on_missed, :author_id, :now, :now)
            """,
            id=made,
            author_id=actor.id,
            now=now,
            **self._columns(made, draft, None),
        )
        await self._desk.database.commit(
            [insert, *self._bots(made, draft), self._told(actor, "created", made, draft)]
        )
        return await self.get(actor, made)

    async def change(self, actor: DeskUser, automation_id: int, draft: AutomationDraft) -> Automation:
        """Replace an automation; what waits runs as it is then. Raises ``NotFound``, ``InvalidField``."""
        require(actor, Right.ADMINISTER)
        known = await self.stored(automation_id)
        update = self._desk.statement(
            """
            UPDATE desk_automations
            SET name = :name, kind = :kind, address = :address, headers = :headers, inputs = :inputs,
                categories = :categories, everywhere = :everywhere, on_button = :on_button, on_end = :on_end,
                on_missed = :on_missed, updated_at = :now
            WHERE workspace = :workspace AND integration = :integration AND id = :id
            """,
            expect=1,
            id=automation_id,
            now=self._desk.now_text(),
            **self._columns(automation_id, draft, known),
        )
        try:
            await self._desk.database.commit(
                [
                    update,
                    *self._bots(automation_id, draft),
                    self._told(actor, "changed", automation_id, draft),
                ]
            )
        except Expect as clash:
            raise _missing(automation_id) from clash
        return await self.get(actor, automation_id)

    async def delete(self, actor: DeskUser, automation_id: int) -> None:
        """Delete an automation. What it did stays listed in the conversations. Raises ``NotFound``."""
        require(actor, Right.ADMINISTER)
        delete = self._desk.statement(
            """
            DELETE FROM desk_automations
            WHERE workspace = :workspace AND integration = :integration AND id = :id
            """,
            expect=1,
            id=automation_id,
        )
        try:
            await self._desk.database.commit(
                [
                    delete,
                    self._no_bots(automation_id),
                    audit_entry(self._desk, actor, "automation.deleted", f"automation:{automation_id}"),
                ]
            )
        except Expect as clash:
            raise _missing(automation_id) from clash

    async def stored(self, automation_id: int) -> Automation:
        """One automation as it is stored, secrets sealed. Raises ``NotFound``."""
        found = await self._read(" AND id = :id", id=automation_id)
        if not found:
            raise _missing(automation_id)
        return found[0]

    def headers(self, automation: Automation) -> dict[str, str]:
        """The headers of a stored automation, secrets opened. Raises ``StoreError``."""
        return {
            header.name: self._outside.vault.open(header.value, self._place(automation.id, header.name))
            if header.secret
            else header.value
            for header in automation.headers
        }

    async def _read(self, condition: str = "", **values: Any) -> Sequence[Automation]:
        rows = await self._desk.fetch(_SELECT + condition + " ORDER BY name, id", **values)
        bots: defaultdict[int, list[str]] = defaultdict(list)
        for row in await self._desk.fetch(
            """
            SELECT automation_id, bot FROM desk_automation_bots
            WHERE workspace = :workspace AND integration = :integration ORDER BY bot
            """
        ):
            bots[int(str(row["automation_id"]))].append(str(row["bot"]))
        return [from_row(Automation, row, bots=tuple(bots[int(str(row["id"]))])) for row in rows]

    def _columns(
        self, automation_id: int, draft: AutomationDraft, known: Automation | None
    ) -> dict[str, Any]:
        if not (draft.on_button or draft.on_end or draft.on_missed):
            raise InvalidField(
                "The automation would never run.",
                hint="Choose a button, the end of a conversation, a missed request, or several of them.",
            )
        if not draft.everywhere and not [bot for bot in draft.bots if bot.strip()]:
            raise InvalidField("Name at least one bot, or make it available to all of them.")
        http = draft.kind == "http"
        headers = check_headers(draft.headers) if http else ()
        inputs = check_inputs(draft.inputs, alone=draft.on_end or draft.on_missed) if http else ()
        return {
            "name": check_text(draft.name, limit=MAX_NAME, what="name"),
            "kind": draft.kind,
            "address": check_address(draft.address, self._outside.egress()) if http else "",
            "headers": to_json([self._sealed(automation_id, header, known) for header in headers]),
            "inputs": to_json(inputs),
            "categories": to_json(check_words(draft.categories, limit=10, longest=50, what="category")),
            "everywhere": int(draft.everywhere),
            "on_button": int(draft.on_button),
            "on_end": int(draft.on_end),
            "on_missed": int(draft.on_missed),
        }

    def _sealed(self, automation_id: int, header: Header, known: Automation | None) -> Header:
        if not header.secret:
            return header
        if header.value:
            place = self._place(automation_id, header.name)
            return header.model_copy(update={"value": self._outside.seal(header.value, place)})
        kept = known.headers if known else ()
        for one in kept:
            if one.secret and one.name.lower() == header.name.lower():
                return one
        raise InvalidField(f"The secret header {header.name} needs a value.")

    def _told(self, actor: DeskUser, verb: str, automation_id: int, draft: AutomationDraft) -> Statement:
        moments = {"button": draft.on_button, "end": draft.on_end, "missed": draft.on_missed}
        return audit_entry(
            self._desk, actor, f"automation.{verb}", f"automation:{automation_id}", kind=draft.kind, **moments
        )

    def _place(self, automation_id: int, name: str) -> str:
        return f"{self._desk.workspace}/{self._desk.integration}/automation/{automation_id}/{name.lower()}"

    def _bots(self, automation_id: int, draft: AutomationDraft) -> list[Statement]:
        bots = () if draft.everywhere else check_words(draft.bots, limit=100, longest=200, what="bot")
        return [
            self._no_bots(automation_id),
            *(
                self._desk.statement(
                    """
                    INSERT INTO desk_automation_bots (workspace, integration, automation_id, bot)
                    VALUES (:workspace, :integration, :id, :bot)
                    """,
                    id=automation_id,
                    bot=bot,
                )
                for bot in bots
            ),
        ]

    def _no_bots(self, automation_id: int) -> Statement:
        return self._desk.statement(
            """
            DELETE FROM desk_automation_bots
            WHERE workspace = :workspace AND integration = :integration AND automation_id = :id
            """,
            id=automation_id,
        )


def _missing(automation_id: int) -> NotFound:
    return NotFound(f"There is no automation {automation_id} at this desk.")


def _shown(automation: Automation) -> Automation:
    """As it may be given out: without the values of secret headers."""
    headers = tuple(one.model_copy(update={"value": ""}) if one.secret else one for one in automation.headers)
    return automation.model_copy(update={"headers": headers})
