"""Issues as the platform sees them: read, changed, commented on, moved on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.jira.errors import FieldErrors, PlatformError, bad_payload, not_found
from livechat_sdk_simulators.jira.forms import FIELDS, Unfit, labels_of, read_value, rich
from livechat_sdk_simulators.jira.paging import json_body, number, platform
from livechat_sdk_simulators.jira.site import PROJECT, REQUEST_TYPES
from livechat_sdk_simulators.jira.state import Issue, Rich
from livechat_sdk_simulators.jira.workflow import Transition, transitions_from

if TYPE_CHECKING:
    from livechat_sdk_simulators.jira.simulator import JiraSimulator

__all__ = ["Issues"]

_ONE: Final = "/issue/{issue}"
_EDIT: Final = ("fields", "update", "historyMetadata", "properties", "transition")
_COMMENT: Final = ("body", "properties", "visibility", "public", "jsdPublic")
_PLAIN_TYPES: Final = {"10002": "Task", **dict(one.issue_type for one in REQUEST_TYPES.values())}
_INTERNAL: Final = "sd.public.comment"
_OFF_SCREEN: Final = "cannot be set. It is not on the appropriate screen, or unknown."


class Issues:
    """The calls, on one site."""

    def __init__(self, jira: JiraSimulator) -> None:
        self._jira = jira

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            *platform("create", "POST", "/issue", self.create),
            *platform("read", "GET", _ONE, self.one),
            *platform("update", "PUT", _ONE, self.edit),
            *platform("read", "GET", f"{_ONE}/comment", self.comments),
            *platform("comment", "POST", f"{_ONE}/comment", self.comment),
            *platform("read", "GET", f"{_ONE}/transitions", self.transitions),
            *platform("update", "POST", f"{_ONE}/transitions", self.move),
            *platform("read", "GET", f"{_ONE}/properties/{{name}}", self.property),
            *platform("update", "PUT", f"{_ONE}/properties/{{name}}", self.set_property),
            *platform("read", "GET", f"{_ONE}/remotelink", self.links),
            *platform("update", "POST", f"{_ONE}/remotelink", self.link),
        ]

    def issue_of(self, call: Call) -> Issue:
        """The issue of the path. Raises ``VendorError``."""
        self._jira.version_of(call)
        issue = self._jira.site.issue(call.part("issue"))
        if issue is None or issue.key in self._jira.hidden:
            raise not_found()
        call.chat = issue.key
        return issue

    # ----------------------------------------------------------------------------------------- making
    async def create(self, call: Call) -> Response:
        """Make an issue, which is no request: customers do not see it."""
        self._jira.access.check("create", "create issues")
        version = self._jira.version_of(call)
        body = json_body(call, _EDIT)
        given = body.get("fields")
        if not isinstance(given, dict):
            raise bad_payload()
        fields = dict(cast("dict[str, Any]", given))
        errors: dict[str, str] = {}
        project, kind = fields.pop("project", None), fields.pop("issuetype", None)
        if not _names(project, ("id", PROJECT[0]), ("key", PROJECT[1])):
            errors["project"] = "Specify a valid project ID or key"
        issue_type = next(
            (name for one, name in _PLAIN_TYPES.items() if _names(kind, ("id", one), ("name", name))), ""
        )
        if not issue_type:
            errors["issuetype"] = "Specify an issue type"
        values = self._values(fields, version, errors)
        if "summary" not in errors and not values.get("summary"):
            errors["summary"] = "You must specify a summary of the issue."
        if errors:
            raise FieldErrors(**errors)
        me = self._jira.user
        issue = self._jira.site.make(
            values, request_type=None, issue_type=issue_type, reporter=me, creator=me
        )
        issue.properties |= self._properties(body)
        call.chat, call.applied = issue.key, f"issue {issue.key} was made"
        link = f"{self._jira.settings.base_url}/rest/api/{version}/issue/{issue.id}"
        return json_answer({"id": issue.id, "key": issue.key, "self": link}, 201)

    def _values(self, given: Mapping[str, Any], version: str, errors: dict[str, str]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, value in given.items():
            if name not in FIELDS:
                errors[name] = f"Field '{name}' {_OFF_SCREEN}"
                continue
            try:
                values[name] = read_value(FIELDS[name], value, adf=version == "3")
            except Unfit as error:
                errors[name] = str(error)
        return values

    @staticmethod
    def _properties(body: Mapping[str, Any]) -> dict[str, Any]:
        given: object = body.get("properties", [])
        if not isinstance(given, list):
            raise bad_payload()
        properties: dict[str, Any] = {}
        for one in cast("list[object]", given):
            entry = cast("dict[str, Any]", one) if isinstance(one, dict) else {}
            if set(entry) != {"key", "value"}:
                raise bad_payload()
            properties[str(entry["key"])] = entry["value"]
        return properties

    # ---------------------------------------------------------------------------------------- reading
    async def one(self, call: Call) -> Response:
        """An issue."""
        issue, version = self.issue_of(call), self._jira.version_of(call)
        names = [one for one in call.query.get("fields", "").split(",") if one]
        shown = self._jira.shown.issue(issue, version, names)
        if wanted := [one for one in call.query.get("properties", "").split(",") if one]:
            shown["properties"] = {
                name: value
                for name, value in issue.properties.items()
                if name in wanted or wanted == ["*all"]
            }
        return json_answer(shown)

    async def comments(self, call: Call) -> Response:
        """Comments of an issue."""
        issue, version = self.issue_of(call), self._jira.version_of(call)
        start, most = number(call, "startAt", 0), number(call, "maxResults", 100)
        page = issue.comments[start : start + most]
        shown = {
            "startAt": start,
            "maxResults": most,
            "total": len(issue.comments),
            "comments": [self._jira.shown.comment(issue, one, version) for one in page],
        }
        return json_answer(shown)

    async def transitions(self, call: Call) -> Response:
        """What can be done with an issue now."""
        issue, version = self.issue_of(call), self._jira.version_of(call)
        steps = [self._jira.shown.transition(one, version) for one in transitions_from(issue.status)]
        return json_answer({"expand": "transitions", "transitions": steps})

    async def property(self, call: Call) -> Response:
        """A property."""
        issue, name = self.issue_of(call), call.part("name")
        if name not in issue.properties:
            raise PlatformError(404, f"The property {name} does not exist.")
        return json_answer({"key": name, "value": issue.properties[name]})

    async def links(self, call: Call) -> Response:
        """Remote links."""
        links = self.issue_of(call).links
        wanted = call.query.get("globalId")
        return json_answer([one for name, one in links.items() if wanted is None or name == wanted])

    # --------------------------------------------------------------------------------------- changing
    async def edit(self, call: Call) -> Response:
        """Change fields."""
        self._jira.access.check("edit", "edit this issue")
        issue, version = self.issue_of(call), self._jira.version_of(call)
        body = json_body(call, _EDIT)
        given, changes = body.get("fields", {}), body.get("update", {})
        if not isinstance(given, dict) or not isinstance(changes, dict):
            raise bad_payload()
        errors: dict[str, str] = {}
        values = self._values(cast("dict[str, Any]", given), version, errors)
        for name, steps in cast("dict[str, Any]", changes).items():
            if name in given:
                errors[name] = f"Field '{name}' cannot appear in both 'fields' and 'update'"
                continue
            try:
                values |= self._updated(issue, name, steps, version)
            except Unfit as error:
                errors[name] = str(error)
        if errors:
            raise FieldErrors(**errors)
        properties = self._properties(body)
        self._jira.access.count_write(issue)
        issue.values |= values
        issue.properties |= properties
        self._jira.site.touch(issue)
        call.applied = f"{issue.key} was changed"
        return Response(status_code=204)

    def _updated(self, issue: Issue, name: str, steps: object, version: str) -> dict[str, Any]:
        """What a field is after ``add``, ``remove`` and ``set``. Raises ``Unfit``."""
        field = FIELDS.get(name)
        if field is None:
            raise Unfit(f"Field '{name}' {_OFF_SCREEN}")
        if not isinstance(steps, list):
            raise Unfit("data was not an array")
        value = issue.values.get(name)
        for step in cast("list[object]", steps):
            if not isinstance(step, dict) or len(cast("dict[str, object]", step)) != 1:
                raise Unfit("operation is missing")
            [(verb, given)] = cast("dict[str, object]", step).items()
            if verb == "set":
                value = read_value(field, given, adf=version == "3")
            elif field.kind == "labels" and verb in {"add", "remove"}:
                [label] = labels_of([given])
                others = [one for one in value or () if one != label]
                value = [*others, label] if verb == "add" else others
            else:
                raise Unfit(f"The operation '{verb}' is not supported by the field '{name}'")
        return {name: value}

    async def comment(self, call: Call) -> Response:
        """Comment on an issue: for customers too, unless a property says that it is internal."""
        self._jira.access.check("comment", "comment on this issue")
        issue, version = self.issue_of(call), self._jira.version_of(call)
        body = json_body(call, _COMMENT)
        text = self._comment_body(body.get("body"), version)
        internal = self._properties(body).get(_INTERNAL)
        public = not (isinstance(internal, dict) and cast("dict[str, Any]", internal).get("internal") is True)
        self._jira.access.count_write(issue)
        seen = public or self._jira.settings.role == "customer"
        made = self._jira.site.comment(
            issue, self._jira.user, text, public=seen and issue.request_type is not None
        )
        made.by_api = True
        call.applied = f"{issue.key} was commented on"
        return json_answer(self._jira.shown.comment(issue, made, version), 201)

    @staticmethod
    def _comment_body(value: object, version: str) -> Rich:
        if not value or (isinstance(value, str) and not value.strip()):
            raise FieldErrors(comment="Comment body can not be empty!")
        try:
            return rich(value, adf=version == "3", message="Comment body is not valid!")
        except Unfit as error:
            raise FieldErrors(comment=str(error)) from error

    async def move(self, call: Call) -> Response:
        """Do something with an issue."""
        self._jira.access.check("transition", "transition this issue")
        issue, version = self.issue_of(call), self._jira.version_of(call)
        body = json_body(call, _EDIT)
        step = self._step(issue, body.get("transition"))
        changes: object = body.get("update", {})
        texts = [self._comment_body(one, version) for one in _added_comments(changes)]
        fields = dict(body.get("fields") or {})
        resolution = fields.pop("resolution", None)
        errors: dict[str, str] = {}
        values = self._values(fields, version, errors)
        if errors:
            raise FieldErrors(**errors)
        self._jira.access.count_write(issue)
        issue.values |= values
        if isinstance(resolution, dict):
            issue.resolution = str(cast("dict[str, Any]", resolution).get("name", "Done"))
        self._jira.site.move(issue, step.to)
        for text in texts:
            self._jira.site.comment(issue, self._jira.user, text, public=True).by_api = True
        call.applied = f"{issue.key} is {step.to}"
        return Response(status_code=204)

    @staticmethod
    def _step(issue: Issue, given: object) -> Transition:
        wanted = cast("dict[str, object]", given).get("id") if isinstance(given, dict) else None
        if wanted is None:
            raise PlatformError(400, "Missing 'transition' identifier")
        for one in transitions_from(issue.status):
            if one.id == str(wanted):
                return one
        told = f"Transition id '{wanted}' is not valid for this issue."
        raise PlatformError(400, told)

    async def set_property(self, call: Call) -> Response:
        """Set a property. No search knows it."""
        self._jira.access.check("edit", "edit this issue")
        issue, name = self.issue_of(call), call.part("name")
        try:
            value = call.json()
        except ValueError as error:
            raise PlatformError(400, "The property value is not valid JSON.") from error
        self._jira.access.count_write(issue)
        there = name in issue.properties
        issue.properties[name] = value
        call.applied = f"the property {name} of {issue.key} was set"
        return json_answer({}, 200 if there else 201)

    async def link(self, call: Call) -> Response:
        """Set a remote link, once for each ``globalId``."""
        issue = self.issue_of(call)
        body = json_body(call, ("globalId", "application", "relationship", "object"))
        told = body.get("object")
        if not isinstance(told, dict) or not {"url", "title"} <= set(cast("dict[str, Any]", told)):
            raise FieldErrors(title="'title' is required.", url="'url' is required.")
        self._jira.access.count_write(issue)
        name = str(body.get("globalId") or self._jira.site.new_id())
        there = issue.links.get(name)
        link_id = there["id"] if there else int(self._jira.site.new_id())
        address = f"{self._jira.settings.base_url}/rest/api/3/issue/{issue.key}/remotelink/{link_id}"
        issue.links[name] = {**body, "id": link_id, "self": address, "globalId": name}
        call.applied = f"{issue.key} has a remote link"
        return json_answer({"id": link_id, "self": address}, 200 if there else 201)


def _added_comments(changes: object) -> list[object]:
    """The bodies of comments that come with a transition. Raises ``VendorError``."""
    steps: object = cast("dict[str, object]", changes).get("comment", []) if isinstance(changes, dict) else []
    if not isinstance(steps, list):
        raise bad_payload()
    entries = cast("list[object]", steps)
    added = [cast("dict[str, object]", one).get("add") for one in entries if isinstance(one, dict)]
    return [cast("dict[str, object]", one).get("body") for one in added if isinstance(one, dict)]


def _names(given: object, *ways: tuple[str, str]) -> bool:
    """Whether an object names something in one of these ways."""
    named = cast("dict[str, object]", given) if isinstance(given, dict) else {}
    return any(str(named.get(way, "")).lower() == value.lower() for way, value in ways)
