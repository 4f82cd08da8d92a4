"""How the service desk and the platform show the same things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any, Final

from livechat_sdk_simulators.jira.adf import as_document, as_text
from livechat_sdk_simulators.jira.forms import FIELDS, PRIORITIES, Field
from livechat_sdk_simulators.jira.site import DESK, PROJECT, REQUEST_TYPES, RequestType
from livechat_sdk_simulators.jira.state import Comment, File, Issue, Rich, User, jira_time
from livechat_sdk_simulators.jira.workflow import STATUSES, Transition, category

__all__ = ["Shown"]

_CATEGORIES: Final = {"new": "NEW", "indeterminate": "INDETERMINATE", "done": "DONE"}
REQUEST_TYPE_FIELD: Final = "customfield_10010"


class Shown:
    """Shows what a site holds."""

    def __init__(self, base_url: str) -> None:
        self._base = base_url

    # ----------------------------------------------------------------------------------- service desk
    def desk_time(self, moment: datetime) -> dict[str, Any]:
        """A time as the service desk writes it."""
        utc = moment.astimezone(UTC)
        return {
            "iso8601": utc.strftime("%Y-%m-%dT%H:%M:%S+0000"),
            "jira": jira_time(moment),
            "friendly": utc.strftime("%d/%b/%y %I:%M %p"),
            "epochMillis": round(moment.timestamp() * 1000),
        }

    def desk_user(self, user: User) -> dict[str, Any]:
        """Somebody, on the service desk."""
        shown = {
            "accountId": user.account_id,
            "displayName": user.name,
            "active": user.active,
            "timeZone": "Europe/Athens",
            "_links": {
                "jiraRest": f"{self._base}/rest/api/2/user?accountId={user.account_id}",
                "self": f"{self._base}/rest/api/2/user?accountId={user.account_id}",
            },
        }
        return shown if user.hidden else {**shown, "emailAddress": user.email}

    def desk(self, number: str) -> dict[str, Any]:
        """A service desk."""
        project, key, name = PROJECT
        link = f"{self._base}/rest/servicedeskapi/servicedesk/{number}"
        return {
            "id": number,
            "projectId": project,
            "projectName": name,
            "projectKey": key,
            "_links": {"self": link},
        }

    def request_type(self, kind: RequestType) -> dict[str, Any]:
        """A request type."""
        link = f"{self._base}/rest/servicedeskapi/servicedesk/{DESK}/requesttype/{kind.id}"
        return {
            "_expands": ["field"],
            "id": kind.id,
            "_links": {"self": link},
            "name": kind.name,
            "description": kind.name,
            "helpText": "",
            "issueTypeId": kind.issue_type[0],
            "serviceDeskId": DESK,
            "portalId": DESK,
            "groupIds": ["12"],
        }

    def form_field(self, field: Field, *, required: bool) -> dict[str, Any]:
        """A field of a form."""
        options = (field.options or {}).items()
        values: list[dict[str, Any]] = [
            {"value": one, "label": label, "children": []} for one, label in options
        ]
        return {
            "fieldId": field.id,
            "name": field.label,
            "description": "",
            "required": required,
            "defaultValues": [],
            "validValues": values,
            "presetValues": [],
            "jiraSchema": field.schema,
            "visible": True,
        }

    def request(self, issue: Issue) -> dict[str, Any]:
        """A request."""
        status, (_, since) = STATUSES[issue.status], issue.history[-1]
        api = f"{self._base}/rest/servicedeskapi/request/{issue.id}"
        return {
            "_expands": [
                "participant",
                "status",
                "sla",
                "requestType",
                "serviceDesk",
                "attachment",
                "comment",
            ],
            "issueId": issue.id,
            "issueKey": issue.key,
            "summary": issue.values["summary"],
            "requestTypeId": issue.request_type,
            "serviceDeskId": DESK,
            "createdDate": self.desk_time(issue.created),
            "reporter": self.desk_user(issue.reporter),
            "requestFieldValues": self._field_values(issue),
            "currentStatus": {
                "status": status.name,
                "statusCategory": _CATEGORIES[status.group],
                "statusDate": self.desk_time(since),
            },
            "_links": {
                "jiraRest": f"{self._base}/rest/api/2/issue/{issue.id}",
                "web": f"{self._base}/servicedesk/customer/portal/{DESK}/{issue.key}",
                "agent": f"{self._base}/browse/{issue.key}",
                "self": api,
            },
        }

    def _field_values(self, issue: Issue) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = []
        for field in FIELDS.values():
            value = issue.values.get(field.id)
            if value in (None, "", []):
                continue
            entry: dict[str, Any] = {"fieldId": field.id, "label": field.label}
            if field.kind == "rich":
                text = as_text(value)
                entry |= {"value": text, "renderedValue": {"html": _html(text)}}
            else:
                entry["value"] = self._value(field, value)
            shown.append(entry)
        return shown

    def desk_status(self, entry: tuple[str, datetime]) -> dict[str, Any]:
        """A state that a request was in."""
        name, at = entry
        group = _CATEGORIES[STATUSES[name].group]
        return {"status": name, "statusCategory": group, "statusDate": self.desk_time(at)}

    def desk_comment(self, issue: Issue, comment: Comment) -> dict[str, Any]:
        """A comment, on the service desk."""
        link = f"{self._base}/rest/servicedeskapi/request/{issue.id}/comment/{comment.id}"
        return {
            "_expands": ["attachment", "renderedBody"],
            "id": comment.id,
            "body": as_text(comment.body),
            "public": comment.public,
            "author": self.desk_user(comment.author),
            "created": self.desk_time(comment.at),
            "_links": {"self": link},
        }

    def desk_file(self, file: File) -> dict[str, Any]:
        """A file, on the service desk."""
        return {
            "filename": file.name,
            "author": self.desk_user(file.author),
            "created": self.desk_time(file.at),
            "size": len(file.content),
            "mimeType": file.media_type,
            "_links": {
                "jiraRest": f"{self._base}/rest/api/2/attachment/{file.id}",
                "content": f"{self._base}/rest/api/3/attachment/content/{file.id}",
            },
        }

    @staticmethod
    def desk_transition(one: Transition) -> dict[str, Any]:
        """What a customer can do."""
        return {"id": one.id, "name": one.name}

    # --------------------------------------------------------------------------------------- platform
    def user(self, user: User, version: str = "3") -> dict[str, Any]:
        """Somebody, on the platform."""
        shown = {
            "self": f"{self._base}/rest/api/{version}/user?accountId={user.account_id}",
            "accountId": user.account_id,
            "accountType": user.kind,
            "active": user.active,
            "displayName": user.name,
            "timeZone": "Europe/Athens",
        }
        return shown if user.hidden else {**shown, "emailAddress": user.email}

    def status(self, name: str, version: str = "3") -> dict[str, Any]:
        """A state."""
        status = STATUSES[name]
        return {
            "self": f"{self._base}/rest/api/{version}/status/{status.id}",
            "id": status.id,
            "name": status.name,
            "description": "",
            "statusCategory": category(status.group),
        }

    def transition(self, one: Transition, version: str) -> dict[str, Any]:
        """What can be done with an issue."""
        return {
            "id": one.id,
            "name": one.name,
            "to": self.status(one.to, version),
            "hasScreen": False,
            "isGlobal": False,
            "isInitial": False,
            "isAvailable": True,
            "isConditional": False,
            "isLooped": False,
        }

    def comment(self, issue: Issue, comment: Comment, version: str) -> dict[str, Any]:
        """A comment, on the platform."""
        author = self.user(comment.author, version)
        return {
            "self": f"{self._base}/rest/api/{version}/issue/{issue.id}/comment/{comment.id}",
            "id": comment.id,
            "author": author,
            "updateAuthor": author,
            "body": _rich(comment.body, version),
            "created": jira_time(comment.at),
            "updated": jira_time(comment.at),
            "jsdPublic": comment.public,
        }

    def file(self, file: File, version: str) -> dict[str, Any]:
        """A file, on the platform."""
        return {
            "self": f"{self._base}/rest/api/{version}/attachment/{file.id}",
            "id": file.id if version == "2" else int(file.id),
            "filename": file.name,
            "author": self.user(file.author, version),
            "created": jira_time(file.at),
            "size": len(file.content),
            "mimeType": file.media_type,
            "content": f"{self._base}/rest/api/{version}/attachment/content/{file.id}",
        }

    def issue(self, issue: Issue, version: str, names: Sequence[str]) -> dict[str, Any]:
        """An issue with the fields that were named; ``*all`` and ``*navigable`` are all of them."""
        every = self._fields(issue, version)
        if {"*all", "*navigable"} & set(names) or not names:
            left_out = {one[1:] for one in names if one.startswith("-")}
            fields = {name: value for name, value in every.items() if name not in left_out}
        else:
            fields = {name: value for name, value in every.items() if name in names}
        return {
            "expand": "renderedFields,names,schema,operations,editmeta,changelog",
            "id": issue.id,
            "self": f"{self._base}/rest/api/{version}/issue/{issue.id}",
            "key": issue.key,
            "fields": fields,
        }

    def _fields(self, issue: Issue, version: str) -> dict[str, Any]:
        values = issue.values
        number, key, name = PROJECT
        comments = [self.comment(issue, one, version) for one in issue.comments]
        shown: dict[str, Any] = {
            "project": {"id": number, "key": key, "name": name, "projectTypeKey": "service_desk"},
            "issuetype": {"id": self._issue_type(issue), "name": issue.issue_type, "subtask": False},
            "status": self.status(issue.status, version),
            "resolution": {"name": issue.resolution} if issue.resolution else None,
            "created": jira_time(issue.created),
            "updated": jira_time(issue.updated),
            "reporter": self.user(issue.reporter, version),
            "creator": self.user(issue.creator, version),
            "assignee": self.user(issue.assignee, version) if issue.assignee else None,
            "comment": {
                "comments": comments,
                "total": len(comments),
                "maxResults": len(comments),
                "startAt": 0,
            },
            "attachment": [self.file(one, version) for one in issue.files],
        }
        for field in FIELDS.values():
            value = values.get(field.id)
            shown[field.id] = _rich(value, version) if field.kind == "rich" else self._value(field, value)
        if issue.request_type:
            kind = REQUEST_TYPES[issue.request_type]
            shown[REQUEST_TYPE_FIELD] = {"requestType": {"id": kind.id, "name": kind.name}}
        return shown

    @staticmethod
    def _issue_type(issue: Issue) -> str:
        known = (one.issue_type for one in REQUEST_TYPES.values())
        return next((number for number, name in known if name == issue.issue_type), "10002")

    @staticmethod
    def _value(field: Field, value: Any) -> Any:
        if field.kind == "labels":
            return list(value or ())
        if value is None:
            return None
        if field.kind == "priority":
            return {"id": value, "name": PRIORITIES[value]}
        if field.kind == "select":
            return {"id": value, "value": (field.options or {})[value]}
        return value

    def field(self, field: Field) -> Mapping[str, Any]:
        """A field, among all of them."""
        custom = field.id.startswith("customfield_")
        clauses = [f"cf[{field.schema['customId']}]", field.name] if custom else [field.id]
        return {
            "id": field.id,
            "key": field.id,
            "name": field.name,
            "custom": custom,
            "orderable": True,
            "navigable": True,
            "searchable": True,
            "clauseNames": clauses,
            "schema": field.schema,
        }


def _rich(value: Rich | None, version: str) -> Any:
    if version == "3":
        return as_document(value)
    return as_text(value) if value else None


def _html(text: str) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in text.split("\n"))
