"""The people of support: they work on cases, comment, and keep contacts and accounts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from livechat_sdk_simulators.calls import VendorError
from livechat_sdk_simulators.human import File, NoSuchChat, NotPossible
from livechat_sdk_simulators.salesforce.rows import Record
from livechat_sdk_simulators.supportside import SimComment, SimPerson, SimTicket, SupportSide

if TYPE_CHECKING:
    from livechat_sdk_simulators.salesforce.simulator import SalesforceSimulator

__all__ = ["SalesforceHuman"]

_AGENT: Final = "Eleni Markou"
_WORDS: Final = {"open": "Working", "pending": "Waiting on Customer", "solved": "Closed", "closed": "Closed"}


class SalesforceHuman(SupportSide):
    """Support people in the org of one simulator."""

    def __init__(self, salesforce: SalesforceSimulator) -> None:
        self._salesforce = salesforce
        self._rows = salesforce.rows
        self._rules = salesforce.rules

    def _key(self, case: Record) -> str:
        return str(case.values.get(self._salesforce.settings.external_id_field) or "")

    def _case(self, name: str) -> Record:
        for one in self._rows.of("Case"):
            if name and name in {one.id, one.id[:15], one.values["CaseNumber"], self._key(one)}:
                return one
        raise NoSuchChat(f"there is no case {name!r}")

    def _name(self, record_id: object) -> str:
        found = self._rows.anywhere(str(record_id or ""))
        return "" if found is None else found.title

    async def tickets(self) -> list[SimTicket]:
        """Every case."""
        return [self._ticket(one) for one in self._rows.of("Case")]

    def _ticket(self, case: Record) -> SimTicket:
        values = case.values
        owner = self._rows.anywhere(str(values["OwnerId"]))
        nobody = owner is None or owner.id == self._rules.user_id or owner.kind.name == "Group"
        owner_name = self._name(values["OwnerId"])
        who = values.get("ContactEmail") or values.get("SuppliedEmail") or values.get("SuppliedName")
        return SimTicket(
            id=case.id,
            number=str(values["CaseNumber"]),
            subject=str(values.get("Subject") or ""),
            state=str(values["Status"]),
            open=not values["IsClosed"],
            requester=str(who or self._name(values.get("ContactId"))),
            created_at=datetime.fromisoformat(values["CreatedDate"]),
            assignee=None if nobody else owner_name,
            key=self._key(case),
            details={
                **{name: value for name, value in values.items() if value is not None},
                "Owner": owner_name,
                "files": [one.values["PathOnClient"] for one in self._rules.files_of(case)],
            },
        )

    async def comments(self, ticket: str) -> list[SimComment]:
        """Comments and posts of a case. What the description says is none of them."""
        case = self._case(ticket)
        found = [
            one
            for kind in ("CaseComment", "FeedItem")
            for one in self._rows.of(kind)
            if one.values["ParentId"] == case.id
        ]
        return [self._comment(one) for one in sorted(found, key=lambda one: str(one.values["CreatedDate"]))]

    def _comment(self, record: Record) -> SimComment:
        values = record.values
        published = values.get("IsPublished") or values.get("Visibility") == "AllUsers"
        return SimComment(
            id=record.id,
            author="api" if record.by_api else "agent",
            name=self._name(values["CreatedById"]),
            text=str(values.get("CommentBody") or values.get("Body") or ""),
            public=bool(published),
            at=datetime.fromisoformat(values["CreatedDate"]),
        )

    async def comment(
        self,
        ticket: str,
        text: str,
        *,
        public: bool = False,
        agent: str | None = None,
        file: File | None = None,
    ) -> str:
        """Somebody of support writes a comment, which is published or not. A file is one of the case."""
        case, author = self._case(ticket), self._rules.colleague(agent or _AGENT)
        values = {"ParentId": case.id, "CommentBody": text, "IsPublished": public}
        made = self._add("CaseComment", values, author)
        if file is not None:
            name, _, content = file
            about = {"PathOnClient": name, "VersionData": content, "FirstPublishLocationId": case.id}
            self._rules.make("ContentVersion", about, author, by_api=False)
        return made

    def file(self, name: str) -> bytes:
        """What the newest file with this name holds. Raises ``NotPossible``."""
        for one in reversed(self._rows.of("ContentVersion")):
            if name in {one.values["PathOnClient"], one.id}:
                return one.content
        raise NotPossible(f"there is no file {name!r}")

    async def set_state(self, ticket: str, state: str) -> None:
        """Give a case another status: its name, or ``open``, ``pending``, ``solved``, ``closed``."""
        case = self._case(ticket)
        choices = case.kind.fields["Status"].choices
        wanted = _WORDS.get(state.lower(), state)
        status = next((one for one in choices if one.lower() == wanted.lower()), None)
        if status is None:
            raise NotPossible(f"there is no status {state!r}; there are: {', '.join(choices)}")
        self._rules.change(case, {"Status": status}, self._rules.colleague(_AGENT))

    async def accept(self, ref: str, agent: str | None = None) -> None:
        """Take a case."""
        who = self._rules.colleague(agent or _AGENT)
        self._rules.change(self._case(ref), {"OwnerId": who}, who)

    def closing(self, why: str | None) -> str:
        """Closed, unless ``why`` is another status."""
        return why or "Closed"

    async def contacts(self) -> list[SimPerson]:
        """Every contact."""
        return [_person(one) for one in self._rows.of("Contact")]

    async def add_contact(self, /, **fields: Any) -> str:
        """Add a contact, with fields as the API takes them. Raises ``ValueError``."""
        return self._checked("Contact", fields)

    async def accounts(self) -> list[SimPerson]:
        """Every account."""
        return [_person(one) for one in self._rows.of("Account")]

    async def add_account(self, /, **fields: Any) -> str:
        """Add an account, with fields as the API takes them. Raises ``ValueError``."""
        return self._checked("Account", fields)

    def _checked(self, kind: str, fields: dict[str, Any]) -> str:
        try:
            values = self._salesforce.bodies.values(self._rows.kinds[kind], fields, new=True)
            return self._rules.make(kind, values, self._rules.user_id, by_api=False).id
        except VendorError as error:
            raise ValueError(error.message) from error

    def _add(self, kind: str, fields: dict[str, Any], author: str) -> str:
        try:
            values = self._salesforce.bodies.values(self._rows.kinds[kind], fields, new=True)
        except VendorError as error:
            raise NotPossible(error.message) from error
        return self._rules.make(kind, values, author, by_api=False).id


def _person(record: Record) -> SimPerson:
    shown = {name: value for name, value in record.values.items() if value is not None}
    return SimPerson(record.id, record.title, shown)
