"""Requests as customers see them: raised, commented on, moved on, with files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.jira.errors import FieldErrors, NativeError, bad_payload, not_found
from livechat_sdk_simulators.jira.forms import FIELDS, Unfit, read_value, rich
from livechat_sdk_simulators.jira.paging import both, json_body
from livechat_sdk_simulators.jira.site import DESK, REQUEST_TYPES
from livechat_sdk_simulators.jira.state import Comment, Issue, User
from livechat_sdk_simulators.jira.workflow import transitions_from

if TYPE_CHECKING:
    from livechat_sdk_simulators.jira.simulator import JiraSimulator

__all__ = ["Requests"]

_MANY: Final = "/rest/servicedeskapi/request"
_ONE: Final = f"{_MANY}/{{issue}}"
_KEYS: Final = (
    "serviceDeskId",
    "requestTypeId",
    "requestFieldValues",
    "requestParticipants",
    "raiseOnBehalfOf",
    "channel",
    "form",
    "isAdfRequest",
)
_FAILED: Final = "Your request could not be created. Please check the fields have been correctly filled in."
_REQUIRED: Final = "sd.validation.request.creation.failure.required.field"


class Requests:
    """The calls, on one site."""

    def __init__(self, jira: JiraSimulator) -> None:
        self._jira = jira

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            *both("list", "GET", _MANY, self.many),
            *both("create", "POST", _MANY, self.create),
            *both("read", "GET", _ONE, self.one),
            *both("read", "GET", f"{_ONE}/comment", self.comments),
            *both("comment", "POST", f"{_ONE}/comment", self.comment),
            *both("read", "GET", f"{_ONE}/comment/{{comment}}", self.one_comment),
            *both("read", "GET", f"{_ONE}/status", self.statuses),
            *both("read", "GET", f"{_ONE}/transition", self.transitions),
            *both("update", "POST", f"{_ONE}/transition", self.move),
            *both("read", "GET", f"{_ONE}/participant", self.participants),
            *both("update", "POST", f"{_ONE}/participant", self.add_participants),
        ]

    def request_of(self, call: Call) -> Issue:
        """The request of the path. Raises ``VendorError``."""
        issue = self._jira.site.issue(call.part("issue"))
        if issue is None or issue.request_type is None or issue.key in self._jira.hidden:
            raise not_found()
        call.chat = issue.key
        return issue

    # ----------------------------------------------------------------------------------------- making
    async def create(self, call: Call) -> Response:
        """Raise a request. Nothing keeps a second one from being the same."""
        self._jira.access.check("create", "create requests")
        body = json_body(call, _KEYS)
        desk, kind = str(body.get("serviceDeskId", "")), str(body.get("requestTypeId", ""))
        if desk != DESK:
            raise NativeError(
                400, f"The Service Desk with ID '{desk}' does not exist.", "sd.servicedesk.error"
            )
        if kind not in REQUEST_TYPES:
            raise NativeError(400, f"The request type '{kind}' does not exist.", "sd.request.type.not.found")
        values = self._values(kind, body)
        reporter = self._reporter(body.get("raiseOnBehalfOf"))
        participants = self._people(body.get("requestParticipants", []))
        issue = self._jira.site.make(
            values,
            request_type=kind,
            issue_type=REQUEST_TYPES[kind].issue_type[1],
            reporter=reporter,
            creator=self._jira.user,
        )
        issue.participants = participants
        call.chat, call.applied = issue.key, f"request {issue.key} was raised"
        return json_answer(self._jira.shown.request(issue), 201)

    def _values(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        given: object = body.get("requestFieldValues", {})
        if not isinstance(given, dict):
            raise bad_payload()
        form, adf = self._jira.desk.form_of(kind), body.get("isAdfRequest") is True
        errors: dict[str, str] = {}
        values: dict[str, Any] = {}
        for name, value in cast("dict[str, object]", given).items():
            if name not in form:
                told = f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
                errors[name] = told
                continue
            try:
                values[name] = read_value(FIELDS[name], value, adf=adf)
            except Unfit as error:
                errors[name] = str(error)
        if errors:
            raise FieldErrors(**errors)
        if not values.get("summary"):
            needed = "What do you need? is required."
            raise NativeError(400, f"{_FAILED} {needed}", _REQUIRED, needed)
        return values

    def _reporter(self, account_id: object) -> User:
        if account_id is None:
            return self._jira.user
        if self._jira.settings.role == "customer":
            raise NativeError(
                403, "You do not have permission to raise requests on behalf of others.", "sd.request.raise"
            )
        user = self._jira.site.user(str(account_id))
        if user is None:
            needed = f"The user '{account_id}' does not exist."
            raise NativeError(400, f"{_FAILED} {needed}", _REQUIRED, needed)
        if not user.active:
            needed = (
                "This customer is inactive. You'll need to go to user management and activate their account."
            )
            raise NativeError(400, f"{_FAILED} {needed}", _REQUIRED, needed)
        return user

    def _people(self, ids: object) -> list[User]:
        if not isinstance(ids, list):
            raise bad_payload()
        found = [(one, self._jira.site.user(str(one))) for one in cast("list[object]", ids)]
        if missing := [one for one, user in found if user is None]:
            raise NativeError(400, f"The user '{missing[0]}' does not exist.", "sd.participants.error")
        return [user for _, user in found if user is not None]

    # ---------------------------------------------------------------------------------------- reading
    async def many(self, call: Call) -> Response:
        """The requests of the account, newest first."""
        mine = call.query.get("requestOwnership", "OWNED_REQUESTS") == "OWNED_REQUESTS"
        found = [
            one
            for one in reversed(self._jira.site.issues.values())
            if one.request_type
            and one.key not in self._jira.hidden
            and (not mine or one.reporter is self._jira.user)
        ]
        return json_answer(self._jira.page(call, found, self._jira.shown.request))

    async def one(self, call: Call) -> Response:
        """A request."""
        return json_answer(self._jira.shown.request(self.request_of(call)))

    async def comments(self, call: Call) -> Response:
        """Comments of a request, oldest first."""
        issue = self.request_of(call)
        wanted = {
            public
            for public, name in ((True, "public"), (False, "internal"))
            if call.query.get(name, "true").lower() != "false"
        }
        seen = [one for one in self._visible(issue) if one.public in wanted]
        return json_answer(self._jira.page(call, seen, partial(self._jira.shown.desk_comment, issue)))

    def _visible(self, issue: Issue) -> list[Comment]:
        return [one for one in issue.comments if one.public or self._jira.settings.role == "agent"]

    async def one_comment(self, call: Call) -> Response:
        """A comment."""
        issue = self.request_of(call)
        for one in self._visible(issue):
            if one.id == call.part("comment"):
                return json_answer(self._jira.shown.desk_comment(issue, one))
        raise NativeError(404, "The comment does not exist.", "sd.comment.not.found")

    async def statuses(self, call: Call) -> Response:
        """The states that a request was in, newest first."""
        history = list(reversed(self.request_of(call).history))
        return json_answer(self._jira.page(call, history, self._jira.shown.desk_status))

    async def participants(self, call: Call) -> Response:
        """Who else takes part."""
        return json_answer(
            self._jira.page(call, self.request_of(call).participants, self._jira.shown.desk_user)
        )

    async def transitions(self, call: Call) -> Response:
        """What a customer could do now."""
        steps = transitions_from(self.request_of(call).status, customer=True)
        return json_answer(self._jira.page(call, steps, self._jira.shown.desk_transition))

    # --------------------------------------------------------------------------------------- changing
    async def comment(self, call: Call) -> Response:
        """Comment on a request. Who is a customer only comments so that everybody reads it."""
        self._jira.access.check("comment", "comment on this request")
        issue = self.request_of(call)
        body = json_body(call, ("body", "public"))
        public: object = body.get("public", True)
        if not isinstance(public, bool):
            raise bad_payload()
        text = self.comment_text(body.get("body"))
        self._jira.access.count_write(issue)
        seen = public or self._jira.settings.role == "customer"
        made = self._jira.site.comment(issue, self._jira.user, text, public=seen)
        made.by_api = True
        call.applied = f"{issue.key} was commented on"
        return json_answer(self._jira.shown.desk_comment(issue, made), 201)

    @staticmethod
    def comment_text(value: object) -> str:
        """The text of a comment. Raises ``VendorError``."""
        if not isinstance(value, str) or not value.strip():
            raise NativeError(400, "Comment body can not be empty!", "sd.comment.error.empty")
        try:
            return str(rich(value, adf=False, message=""))
        except Unfit as error:
            raise FieldErrors(comment=str(error)) from error

    async def move(self, call: Call) -> Response:
        """Do what a customer can do."""
        self._jira.access.check("transition", "transition this request")
        issue = self.request_of(call)
        body = json_body(call, ("id", "additionalComment"))
        steps = {one.id: one for one in transitions_from(issue.status, customer=True)}
        step = steps.get(str(body.get("id", "")))
        if step is None:
            told = f"The transition with ID '{body.get('id')}' is not valid for this request."
            raise NativeError(400, told, "sd.transition.error.invalid")
        more: object = body.get("additionalComment")
        said = cast("dict[str, object]", more).get("body") if isinstance(more, dict) else None
        text = None if more is None else self.comment_text(said)
        self._jira.access.count_write(issue)
        self._jira.site.move(issue, step.to)
        if text is not None:
            self._jira.site.comment(issue, self._jira.user, text, public=True).by_api = True
        call.applied = f"{issue.key} is {step.to}"
        return Response(status_code=204)

    async def add_participants(self, call: Call) -> Response:
        """Let others take part."""
        issue = self.request_of(call)
        people = self._people(json_body(call, ("accountIds", "usernames")).get("accountIds", []))
        self._jira.access.count_write(issue)
        issue.participants += [one for one in people if one not in issue.participants]
        call.applied = f"{issue.key} has more participants"
        return json_answer(self._jira.page(call, issue.participants, self._jira.shown.desk_user))
