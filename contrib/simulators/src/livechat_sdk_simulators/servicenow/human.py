"""The people of support: they work on incidents and cases, and know users and companies."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from livechat_sdk_simulators.calls import VendorError
from livechat_sdk_simulators.human import File, NoSuchChat, NotPossible
from livechat_sdk_simulators.servicenow.errors import ServiceNowError
from livechat_sdk_simulators.servicenow.rows import Row
from livechat_sdk_simulators.servicenow.schema import CASE, INCIDENT, Table
from livechat_sdk_simulators.servicenow.shown import Look
from livechat_sdk_simulators.supportside import SimComment, SimPerson, SimTicket, SupportSide

if TYPE_CHECKING:
    from livechat_sdk_simulators.servicenow.simulator import ServiceNowSimulator

__all__ = ["ServiceNowHuman"]

_CODE: Final = re.compile(r"\[code\].*?\[/code\]", re.DOTALL)
_AGENT: Final = "Eleni Markou"
_BOTH: Final = Look("true", links=False)


class ServiceNowHuman(SupportSide):
    """Support people of one instance."""

    def __init__(self, servicenow: ServiceNowSimulator) -> None:
        self._servicenow = servicenow
        self._rows = servicenow.rows

    def _tickets(self) -> list[Row]:
        return [*self._rows.of(INCIDENT), *self._rows.of(CASE)]

    def _ticket(self, name: str) -> Row:
        for row in self._tickets():
            if name and name in {row.id, row.title, row.values["correlation_id"]}:
                return row
        raise NoSuchChat(f"there is no ticket {name!r}")

    def _title(self, row: Row, column: str) -> str:
        leads = self._rows.behind(row, row.table.columns[column])
        return "" if leads is None else leads.values.get("email") or leads.title

    async def tickets(self) -> list[SimTicket]:
        """Every incident and every case."""
        return [self._seen(row) for row in self._tickets()]

    def _seen(self, row: Row) -> SimTicket:
        table, state = row.table, row.values["state"]
        assignee = self._rows.behind(row, table.columns["assigned_to"])
        shown = self._servicenow.shown.row(row, _BOTH)
        details = {name: value for name, value in shown.items() if value != ""}
        return SimTicket(
            id=row.id,
            number=row.title,
            subject=row.values["short_description"],
            state=dict(table.columns["state"].choices).get(state, state),
            open=state not in {*table.closed, table.resolved},
            requester=self._title(row, table.asks),
            created_at=_moment(row),
            assignee=assignee.title if assignee else None,
            key=row.values["correlation_id"],
            details=details | {"table": table.name},
        )

    async def comments(self, ticket: str) -> list[SimComment]:
        """What the journals of a ticket hold, and its files. The description is no comment."""
        row = self._ticket(ticket)
        entries = [one for one in self._rows.of("sys_journal_field") if one.values["element_id"] == row.id]
        files = self._servicenow.attachments.of(row)
        said = [self._comment(row, one) for one in entries] + [self._file(one) for one in files]
        return sorted(said, key=lambda one: one.at)

    def _comment(self, ticket: Row, entry: Row) -> SimComment:
        user = self._user(entry.values["sys_created_by"])
        author: Literal["requester", "agent", "api"] = "agent"
        if user is self._servicenow.user:
            author = "api"
        elif user is not None and user.id == ticket.values[ticket.table.asks]:
            author = "requester"
        return SimComment(
            id=entry.id,
            author=author,
            name=user.title if user else entry.values["sys_created_by"],
            text=entry.values["value"],
            public=entry.values["element"] == "comments",
            at=_moment(entry),
        )

    def _file(self, row: Row) -> SimComment:
        user = self._user(row.values["sys_created_by"])
        return SimComment(
            id=row.id,
            author="api" if user is self._servicenow.user else "agent",
            name=user.title if user else "",
            text="",
            public=True,
            at=_moment(row),
            files=[row.title],
        )

    def _user(self, name: str) -> Row | None:
        return next((one for one in self._rows.of("sys_user") if one.values["user_name"] == name), None)

    def file(self, comment: str) -> bytes:
        """What a file holds, by the id of its entry in ``comments``. Raises ``NotPossible``."""
        content = self._servicenow.attachments.content(comment)
        if content is None:
            raise NotPossible(f"there is no file {comment!r}")
        return content

    def files(self, ticket: str) -> dict[str, bytes]:
        """What the attachments of a ticket hold, by name."""
        kept = self._servicenow.attachments.of(self._ticket(ticket))
        return {one.title: self.file(one.id) for one in kept}

    def effects(self, ticket: str) -> list[str]:
        """``html`` where text of a journal is shown as HTML, which is what ``[code]…[/code]`` is for."""
        row = self._ticket(ticket)
        texts = [
            one.values["value"]
            for one in self._rows.of("sys_journal_field")
            if one.values["element_id"] == row.id
        ]
        return ["html"] if any(_CODE.search(one) for one in texts) else []

    async def comment(
        self,
        ticket: str,
        text: str,
        *,
        public: bool = False,
        agent: str | None = None,
        file: File | None = None,
    ) -> str:
        """Somebody of support writes an additional comment (``public``) or a work note."""
        row, who = self._ticket(ticket), self._servicenow.colleague(agent or _AGENT)
        element = "comments" if public else "work_notes"
        self._change(row, {element: text}, who)
        if file is not None:
            self._servicenow.attachments.keep(row, *file, who)
        return self._rows.of("sys_journal_field")[-1].id

    async def set_state(self, ticket: str, state: str) -> None:
        """Give a ticket another state, by its label or number; what the state demands is filled in."""
        row = self._ticket(ticket)
        value = _state(row.table, state)
        needed = {one: _filling(row.table, one) for one in row.table.demanded.get(value, ())}
        values = {name: text for name, text in needed.items() if not row.values[name]}
        if value == row.table.waiting and "hold_reason" in row.table.columns:
            values |= {"hold_reason": "1", "comments": "Please tell us more."}
        self._change(row, {**values, "state": value}, self._servicenow.colleague(_AGENT))

    async def accept(self, ref: str, agent: str | None = None) -> None:
        """Take a ticket."""
        who = self._servicenow.colleague(agent or _AGENT)
        self._change(self._ticket(ref), {"assigned_to": who.id}, who)

    def _change(self, row: Row, values: dict[str, str], who: Row) -> None:
        rules = self._servicenow.rules
        try:
            rules.change(row, rules.read(row.table, values), who)
        except VendorError as error:
            raise NotPossible(_reason(error)) from error

    def closing(self, why: str | None) -> str:
        """Resolved, unless ``why`` is another state."""
        return why or "Resolved"

    def hide(self, ticket: str) -> None:
        """Let access rules hide a ticket from callers of the API."""
        self._servicenow.hidden.add(self._ticket(ticket).id)

    async def contacts(self) -> list[SimPerson]:
        """Every user, support people too."""
        return [SimPerson(one.id, one.title, dict(one.values)) for one in self._rows.of("sys_user")]

    async def add_contact(self, /, **fields: Any) -> str:
        """Add a user, with columns of ``sys_user``: ``first_name``, ``last_name``, ``email``.

        ``name`` is split into the first two.
        """
        if name := str(fields.pop("name", "")):
            fields["first_name"], _, fields["last_name"] = name.partition(" ")
        return self._add("sys_user", fields)

    async def accounts(self) -> list[SimPerson]:
        """Every company."""
        return [SimPerson(one.id, one.title, dict(one.values)) for one in self._rows.of("core_company")]

    async def add_account(self, /, **fields: Any) -> str:
        """Add a company, with columns of ``core_company``."""
        return self._add("core_company", fields)

    async def add_row(self, table: str, /, **fields: Any) -> str:
        """Add a row to any table: a group, a choice. Raises ``ValueError``."""
        return self._add(table, fields)

    def _add(self, table: str, fields: dict[str, Any]) -> str:
        known = self._rows.tables.get(table)
        if known is None:
            raise ValueError(f"there is no table {table!r}; there are: {', '.join(self._rows.tables)}")
        rules = self._servicenow.rules
        try:
            body = rules.read(known, fields)
            if body.unknown:
                raise ValueError(f"there is no column {body.unknown[0]}")
            return rules.create(known, body, self._servicenow.colleague(_AGENT)).id
        except VendorError as error:
            raise ValueError(_reason(error)) from error


def _moment(row: Row) -> datetime:
    return datetime.fromisoformat(row.values["sys_created_on"]).replace(tzinfo=UTC)


def _state(table: Table, name: str) -> str:
    choices = table.columns["state"].choices
    for value, label in choices:
        if name.lower() in {value, label.lower()}:
            return value
    raise NotPossible(f"there is no state {name!r}; there are: {', '.join(label for _, label in choices)}")


def _filling(table: Table, column: str) -> str:
    choices = table.columns[column].choices
    return choices[0][0] if choices else "Done."


def _reason(error: VendorError) -> str:
    detail = error.detail if isinstance(error, ServiceNowError) else None
    return detail or error.message
