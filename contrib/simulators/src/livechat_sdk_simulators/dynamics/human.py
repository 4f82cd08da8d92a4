"""The people of support: they work on cases, write notes, and keep contacts and accounts."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from livechat_sdk_simulators.calls import VendorError
from livechat_sdk_simulators.dynamics.rows import Reference, Row
from livechat_sdk_simulators.human import Choice, File, NoSuchChat, NotPossible
from livechat_sdk_simulators.supportside import SimComment, SimPerson, SimTicket, SupportSide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from livechat_sdk_simulators.dynamics.simulator import DynamicsSimulator

__all__ = ["DynamicsHuman"]

_AGENT: Final = "Eleni Markou"
_WORDS: Final = {"open": 1, "pending": 2, "hold": 2, "solved": 5, "closed": 6}


class DynamicsHuman(SupportSide):
    """Support people in the environment of one simulator."""

    def __init__(self, dynamics: DynamicsSimulator) -> None:
        self._dynamics = dynamics

    def _case(self, name: str) -> Row:
        for row in self._dynamics.rows.of("incident"):
            if name and name in {row.id, row.values.get("ticketnumber"), row.values.get("new_handoffid")}:
                return row
        raise NoSuchChat(f"there is no case {name!r}")

    def _name(self, value: object) -> str:
        row = self._dynamics.rows.get(value.table, value.id) if isinstance(value, Reference) else None
        return "" if row is None else row.title

    async def tickets(self) -> list[SimTicket]:
        """Every case."""
        return [self._ticket(row) for row in self._dynamics.rows.of("incident")]

    def _ticket(self, row: Row) -> SimTicket:
        status = row.table.columns["statuscode"].choice(row.values["statuscode"])
        owner = row.values.get("ownerid")
        mine = owner == Reference("systemuser", self._dynamics.user_id)
        wanted = self._dynamics.answers_with_labels(row)
        return SimTicket(
            id=row.id,
            number=str(row.values["ticketnumber"]),
            subject=row.title,
            state=status.label if status else "",
            open=row.values["statecode"] == 0,
            requester=self._name(row.values.get("customerid")),
            created_at=self._dynamics.moment(row.values["createdon"]),
            assignee=None if mine else self._name(owner),
            key=str(row.values.get("new_handoffid") or ""),
            details=wanted,
        )

    async def comments(self, ticket: str) -> list[SimComment]:
        """The notes of a case. What the description says is no note."""
        case = self._case(ticket)
        notes = self._dynamics.rows.leading_to("annotation", "objectid", case)
        return [self._note(one) for one in notes]

    def _note(self, row: Row) -> SimComment:
        by_api = row.values.get("createdby") == Reference("systemuser", self._dynamics.user_id)
        texts = (row.values.get("subject"), row.values.get("notetext"))
        return SimComment(
            id=row.id,
            author="api" if by_api else "agent",
            name=self._name(row.values.get("createdby")),
            text="\n".join(str(one) for one in texts if one),
            public=False,
            at=self._dynamics.moment(row.values["createdon"]),
            files=[str(row.values["filename"])] if row.values.get("filename") else [],
        )

    def file(self, note: str) -> bytes:
        """What the file of a note holds. Raises ``NotPossible``."""
        row = self._dynamics.rows.get("annotation", note)
        content = None if row is None else row.values.get("documentbody")
        if content is None:
            raise NotPossible(f"there is no file in the note {note!r}")
        return base64.b64decode(str(content), validate=True)

    async def comment(
        self,
        ticket: str,
        text: str,
        *,
        public: bool = False,
        agent: str | None = None,
        file: File | None = None,
    ) -> str:
        """Somebody of support writes a note. No note is public."""
        if public:
            raise NotPossible("notes of Dynamics are for support people alone")
        case = self._case(ticket)
        values: dict[str, Any] = {"notetext": text, "objectid": Reference("incident", case.id)}
        if file is not None:
            name, kind, content = file
            encoded = base64.b64encode(content).decode()
            values |= {"isdocument": True, "filename": name, "mimetype": kind, "documentbody": encoded}
        made = self._dynamics.make("annotation", values)
        self._dynamics.rows.change(made, {"createdby": self._dynamics.colleague(agent or _AGENT)})
        return made.id

    async def say(
        self,
        ref: str,
        text: str,
        *,
        agent: str | None = None,
        choices: Sequence[Choice] = (),
        file: File | None = None,
    ) -> str:
        """Write a note: there is no other comment."""
        if choices:
            raise NotPossible("a note has no choices")
        return await self.comment(ref, text, agent=agent, file=file)

    async def accept(self, ref: str, agent: str | None = None) -> None:
        """Take a case."""
        self._dynamics.rows.change(self._case(ref), {"ownerid": self._dynamics.colleague(agent or _AGENT)})

    async def set_state(self, ticket: str, state: str) -> None:
        """Give a case another status: label or number, ``open``, ``pending``, ``solved`` or ``closed``."""
        case = self._case(ticket)
        choices = case.table.columns["statuscode"].choices
        for one in choices:
            if state.lower() in {one.label.lower(), str(one.value)} or _WORDS.get(state.lower()) == one.value:
                self._dynamics.rows.change(case, {"statecode": one.state, "statuscode": one.value})
                return
        known = ", ".join(one.label for one in choices)
        raise NotPossible(f"there is no status {state!r}; there are: {known}")

    def closing(self, why: str | None) -> str:
        """Solved, unless ``why`` is another status."""
        return why or "solved"

    async def contacts(self) -> list[SimPerson]:
        """Every contact."""
        return [SimPerson(one.id, one.title, _plain(one)) for one in self._dynamics.rows.of("contact")]

    async def add_contact(self, /, **fields: Any) -> str:
        """Add a contact, with columns as the Web API takes them; ``account`` is the id of an account."""
        account = fields.pop("account", None)
        if account is not None:
            fields["parentcustomerid_account@odata.bind"] = f"/accounts({account})"
        return self._add("contact", fields)

    async def accounts(self) -> list[SimPerson]:
        """Every account."""
        return [SimPerson(one.id, one.title, _plain(one)) for one in self._dynamics.rows.of("account")]

    async def add_account(self, /, **fields: Any) -> str:
        """Add an account, with columns as the Web API takes them."""
        return self._add("account", fields)

    async def add_row(self, table: str, /, **fields: Any) -> str:
        """Add a row to any table: an opportunity, a task, a team. Raises ``ValueError``."""
        return self._add(table, fields)

    def _add(self, table: str, fields: dict[str, Any]) -> str:
        if table not in self._dynamics.rows.tables:
            raise ValueError(
                f"there is no table {table!r}; there are: {', '.join(self._dynamics.rows.tables)}"
            )
        try:
            values = self._dynamics.bodies.values(self._dynamics.rows.tables[table], fields)
            return self._dynamics.make(table, values).id
        except VendorError as error:
            raise ValueError(error.message) from error


def _plain(row: Row) -> dict[str, Any]:
    return {
        name: value.id if isinstance(value, Reference) else value
        for name, value in row.values.items()
        if value is not None
    }
