"""The people of support: they work on requests, answer customers, and write to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from livechat_sdk_simulators.human import File as SimFile
from livechat_sdk_simulators.human import NoSuchChat, NotPossible
from livechat_sdk_simulators.jira.adf import as_text
from livechat_sdk_simulators.jira.forms import FIELDS, PRIORITIES
from livechat_sdk_simulators.jira.state import Comment, File, Issue, Organization
from livechat_sdk_simulators.jira.wiki import effects
from livechat_sdk_simulators.jira.workflow import STATUSES
from livechat_sdk_simulators.supportside import SimComment, SimPerson, SimTicket, SupportSide

if TYPE_CHECKING:
    from livechat_sdk_simulators.jira.simulator import JiraSimulator

__all__ = ["JiraHuman"]

_AGENT: Final = "Eleni Markou"
_KEY: Final = "customfield_10050"


class JiraHuman(SupportSide):
    """Support people of one site."""

    def __init__(self, jira: JiraSimulator) -> None:
        self._jira = jira

    def _issue(self, name: str) -> Issue:
        found = self._jira.site.issue(name)
        for one in self._jira.site.issues.values():
            if (
                found is None
                and name
                and (name == one.values.get(_KEY) or name in (one.values.get("labels") or ()))
            ):
                found = one
        if found is None:
            raise NoSuchChat(f"there is no request {name!r}")
        return found

    async def tickets(self) -> list[SimTicket]:
        """Every issue. One is named by its id, its key, its reference, or one of its labels."""
        return [self._seen(one) for one in self._jira.site.issues.values()]

    def _seen(self, issue: Issue) -> SimTicket:
        values = issue.values
        labels = list(values.get("labels") or ())
        details = {
            name: as_text(value) if FIELDS[name].kind == "rich" else value
            for name, value in values.items()
            if value not in (None, [], "")
        }
        return SimTicket(
            id=issue.id,
            number=issue.key,
            subject=values["summary"],
            state=issue.status,
            open=STATUSES[issue.status].group != "done",
            requester=issue.reporter.email,
            created_at=issue.created,
            assignee=issue.assignee.name if issue.assignee else None,
            key=values.get(_KEY) or (labels[0] if labels else ""),
            details=details
            | {
                "priority": PRIORITIES.get(values.get("priority") or "", ""),
                "request_type": issue.request_type,
                "properties": dict(issue.properties),
            },
        )

    async def comments(self, ticket: str) -> list[SimComment]:
        """Comments of a request, and files without one. The description is no comment."""
        issue = self._issue(ticket)
        shown = [self._comment(issue, one) for one in issue.comments]
        told = {file.id for one in issue.comments for file in one.files}
        shown += [self._file(one) for one in issue.files if one.id not in told]
        return sorted(shown, key=lambda one: (one.at, int(one.id)))

    def _comment(self, issue: Issue, comment: Comment) -> SimComment:
        author: Literal["requester", "agent", "api"] = "agent"
        if comment.by_api:
            author = "api"
        elif comment.author is issue.reporter:
            author = "requester"
        return SimComment(
            id=comment.id,
            author=author,
            name=comment.author.name,
            text=as_text(comment.body),
            public=comment.public,
            at=comment.at,
            files=[one.name for one in comment.files],
        )

    def _file(self, file: File) -> SimComment:
        author: Literal["agent", "api"] = "api" if file.author is self._jira.user else "agent"
        return SimComment(
            id=file.id,
            author=author,
            name=file.author.name,
            text="",
            public=True,
            at=file.at,
            files=[file.name],
        )

    def files(self, ticket: str) -> dict[str, bytes]:
        """What the attachments of a request hold, by name."""
        return {one.name: one.content for one in self._issue(ticket).files}

    def effects(self, ticket: str) -> list[str]:
        """The marks of wiki text that take effect in the description or in a comment of a request."""
        issue = self._issue(ticket)
        texts = [issue.values.get("description"), *(one.body for one in issue.comments)]
        return sorted({name for text in texts if isinstance(text, str) for name in effects(text)})

    async def comment(
        self,
        ticket: str,
        text: str,
        *,
        public: bool = False,
        agent: str | None = None,
        file: SimFile | None = None,
    ) -> str:
        """Somebody of support replies to the customer (``public``) or writes internally."""
        issue, who = self._issue(ticket), self._jira.site.colleague(agent or _AGENT)
        made = self._jira.site.comment(issue, who, text, public=public)
        if file is not None:
            kept = self._jira.site.file(*file, who)
            made.files.append(kept)
            issue.files.append(kept)
        return made.id

    async def set_state(self, ticket: str, state: str) -> None:
        """Put a request into another status, by its name, whatever the workflow says."""
        issue = self._issue(ticket)
        for name in STATUSES:
            if name.lower() == state.lower():
                self._jira.site.move(issue, name)
                return
        raise NotPossible(f"there is no status {state!r}; there are: {', '.join(STATUSES)}")

    async def accept(self, ref: str, agent: str | None = None) -> None:
        """Take a request."""
        issue = self._issue(ref)
        issue.assignee = self._jira.site.colleague(agent or _AGENT)
        self._jira.site.touch(issue)

    def closing(self, why: str | None) -> str:
        """Resolved, unless ``why`` is another status."""
        return why or "Resolved"

    def hide(self, ticket: str) -> None:
        """Let a request be one that the account does not see."""
        self._jira.hidden.add(self._issue(ticket).key)

    async def contacts(self) -> list[SimPerson]:
        """Everybody: customers, support people, the account of callers."""
        return [
            SimPerson(one.account_id, one.name, self._jira.shown.user(one)) for one in self._jira.site.users
        ]

    async def add_contact(self, /, **fields: Any) -> str:
        """Add a customer: ``name`` (or ``displayName``), ``email``, ``active``, ``hidden`` (the address)."""
        name = str(fields.pop("name", "") or fields.pop("displayName", ""))
        email = str(fields.pop("email", ""))
        if not name or not email:
            raise ValueError("a customer has a name and an email")
        if unknown := set(fields) - {"active", "hidden", "of_desk"}:
            raise ValueError(f"a customer has no {min(unknown)}")
        return self._jira.site.add_user(name, email, **fields).account_id

    async def accounts(self) -> list[SimPerson]:
        """Every organization."""
        return [SimPerson(one.id, one.name) for one in self._jira.site.organizations]

    async def add_account(self, /, **fields: Any) -> str:
        """Add an organization: ``name``."""
        if set(fields) != {"name"}:
            raise ValueError("an organization has a name, and nothing else")
        made = Organization(self._jira.site.new_id(), str(fields["name"]))
        self._jira.site.organizations.append(made)
        return made.id
