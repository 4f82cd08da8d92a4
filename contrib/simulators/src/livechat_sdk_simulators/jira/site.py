"""The site: its desk, its people and its issues, with the rules that hold whoever acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final
from uuid import uuid4

from livechat_sdk_simulators.jira.adf import as_text
from livechat_sdk_simulators.jira.forms import FIELDS, PRIORITIES
from livechat_sdk_simulators.jira.state import Comment, File, Issue, Organization, Rich, Upload, User
from livechat_sdk_simulators.jira.workflow import FIRST, STATUSES

__all__ = ["DESK", "PROJECT", "REQUEST_TYPES", "RequestType", "Site"]

DESK: Final = "10"
"""The id of the only service desk."""
PROJECT: Final = ("11001", "ITH", "IT Help Desk")
"""Id, key and name of its project."""


@dataclass(frozen=True, slots=True)
class RequestType:
    """What customers can ask for at the desk."""

    id: str
    name: str
    issue_type: tuple[str, str]
    """Id and name."""


REQUEST_TYPES: Final = {
    one.id: one
    for one in (
        RequestType("25", "Get IT Help", ("10100", "Service Request")),
        RequestType("26", "Report a fault", ("10101", "Incident")),
    )
}


@dataclass(slots=True)
class Site:
    """Everything that the site knows."""

    now: Callable[[], datetime]
    search_lag: float
    users: list[User] = field(default_factory=list[User])
    organizations: list[Organization] = field(default_factory=list[Organization])
    issues: dict[str, Issue] = field(default_factory=dict[str, Issue])
    """By key."""
    uploads: dict[str, Upload] = field(default_factory=dict[str, Upload])
    _numbers: count[int] = field(default_factory=lambda: count(10_000))

    def new_id(self) -> str:
        """The next number."""
        return str(next(self._numbers))

    # ---------------------------------------------------------------------------------------- people
    def add_user(self, name: str, email: str, **more: Any) -> User:
        """Somebody new."""
        kind = "qm" if more.get("kind", "customer") == "customer" else "712020"
        user = User(f"{kind}:{uuid4()}", name, email, **more)
        self.users.append(user)
        return user

    def user(self, account_id: str) -> User | None:
        """Somebody by the id of the account."""
        return next((one for one in self.users if one.account_id == account_id), None)

    def colleague(self, name: str) -> User:
        """Somebody of support, who is hired where nobody has this name."""
        for one in self.users:
            if one.name == name:
                return one
        address = f"{name.lower().replace(' ', '.')}@acme.example"
        return self.add_user(name, address, kind="atlassian", of_desk=False)

    # ---------------------------------------------------------------------------------------- issues
    def issue(self, name: str) -> Issue | None:
        """An issue by its key or its id."""
        wanted = name.upper()
        return next((one for one in self.issues.values() if wanted in {one.key, one.id}), None)

    def make(
        self,
        values: dict[str, Any],
        *,
        request_type: str | None,
        issue_type: str,
        reporter: User,
        creator: User,
    ) -> Issue:
        """A new issue."""
        now, number = self.now(), len(self.issues) + 1
        issue = Issue(
            id=self.new_id(),
            key=f"{PROJECT[1]}-{number}",
            project=PROJECT[1],
            issue_type=issue_type,
            request_type=request_type,
            reporter=reporter,
            creator=creator,
            created=now,
            updated=now,
            status=FIRST,
            values={"priority": "3", **values},
            history=[(FIRST, now)],
        )
        self.issues[issue.key] = issue
        self.touch(issue)
        return issue

    def comment(self, issue: Issue, author: User, body: Rich, *, public: bool) -> Comment:
        """A new comment."""
        comment = Comment(self.new_id(), author, body, public, self.now())
        issue.comments.append(comment)
        self.touch(issue)
        return comment

    def file(self, name: str, media_type: str, content: bytes, author: User) -> File:
        """A new file."""
        return File(self.new_id(), name, media_type, content, author, self.now())

    def move(self, issue: Issue, status: str) -> None:
        """Give an issue another state."""
        issue.status = status
        issue.history.append((status, self.now()))
        done = STATUSES[status].group == "done"
        issue.resolution = (issue.resolution or "Done") if done else None
        self.touch(issue)

    def touch(self, issue: Issue) -> None:
        """An issue was changed: the index will know of it."""
        issue.updated = self.now()
        issue.indexed.append((issue.updated + timedelta(seconds=self.search_lag), index_of(issue)))

    def indexed(self, issue: Issue, *, reconciled: bool = False) -> Mapping[str, tuple[str, ...]] | None:
        """What a search sees of an issue; ``None`` where it is too new."""
        if reconciled:
            return index_of(issue)
        now = self.now()
        known = [seen for at, seen in issue.indexed if at <= now]
        return known[-1] if known else None


def index_of(issue: Issue) -> Mapping[str, tuple[str, ...]]:
    """What is searched for in an issue, by the names of fields in JQL."""
    _, key, name = PROJECT
    texts = {one: as_text(issue.values.get(one)) for one in FIELDS if FIELDS[one].kind in {"line", "rich"}}
    comments = tuple(as_text(one.body) for one in issue.comments)
    seen: dict[str, tuple[str, ...]] = {one: (text,) if text else () for one, text in texts.items()}
    for one in FIELDS.values():
        if one.kind == "select":
            chosen = issue.values.get(one.id)
            seen[one.id] = (str(chosen), (one.options or {})[chosen]) if chosen else ()
    status = STATUSES[issue.status]
    priority = issue.values.get("priority")
    seen |= {
        "project": (PROJECT[0], key, name),
        "key": (issue.key, issue.id),
        "issuetype": (issue.issue_type,),
        "status": (status.name, status.id),
        "statuscategory": {"new": ("To Do",), "indeterminate": ("In Progress",), "done": ("Done",)}[
            status.group
        ],
        "labels": tuple(issue.values.get("labels") or ()),
        "priority": (priority, PRIORITIES[priority]) if priority else (),
        "resolution": (issue.resolution,) if issue.resolution else (),
        "reporter": (issue.reporter.account_id,),
        "creator": (issue.creator.account_id,),
        "assignee": (issue.assignee.account_id,) if issue.assignee else (),
        "created": (issue.created.isoformat(),),
        "updated": (issue.updated.isoformat(),),
        "comment": comments,
        "text": (*(one for one in texts.values() if one), *comments),
    }
    return seen
