"""The calls about users."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.requests import Request
from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.zendesk_support.bodies import Body, number_of, read_body, tags_of
from livechat_sdk_simulators.zendesk_support.errors import RecordInvalid, bad_request, not_found
from livechat_sdk_simulators.zendesk_support.paging import page
from livechat_sdk_simulators.zendesk_support.paths import both
from livechat_sdk_simulators.zendesk_support.query import matches, terms
from livechat_sdk_simulators.zendesk_support.state import User

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk_support.simulator import ZendeskSupportSimulator

__all__ = ["USER_KEYS", "People", "looks_for_people"]

_MAIL: Final = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+")
_ROLES: Final = ("end-user", "agent", "admin")
_TEXTS: Final = ("name", "email", "phone", "external_id", "locale", "time_zone", "notes", "details", "alias")
_ONE: Final = "/api/v2/users/{user}"
_MANY: Final = 100
USER_KEYS: Final = frozenset(
    {
        *_TEXTS,
        "role",
        "organization_id",
        "organization",
        "organization_ids",
        "organization_name",
        "verified",
        "suspended",
        "tags",
        "user_fields",
        "identities",
        "skip_verify_email",
        "agent_brand_ids",
        "custom_role_id",
        "default_group_id",
        "group_id",
        "group_ids",
        "language",
        "locale_id",
        "moderator",
        "only_private_comments",
        "password",
        "remote_photo_url",
        "separation",
        "shared_phone_number",
        "signature",
        "ticket_restriction",
    }
)
"""What a user of a request may have."""


class People:
    """The calls, on the account of one simulator."""

    def __init__(self, zendesk: ZendeskSupportSimulator) -> None:
        self._zendesk = zendesk

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        tickets = self._zendesk.tickets
        return [
            *both("contact", "GET", "/api/v2/users/search", self.search),
            *both("contact", "GET", "/api/v2/users/autocomplete", self.autocomplete),
            *both("contact", "GET", "/api/v2/users/show_many", self.show_many),
            *both("contact", "POST", "/api/v2/users/create_or_update", self.create_or_update),
            *both("check", "GET", "/api/v2/users/me", self.me),
            *both("contact", "GET", "/api/v2/users", self.list_all),
            *both("contact", "POST", "/api/v2/users", self.create),
            *both("contact", "GET", f"{_ONE}/identities", self.identities),
            *both("account", "GET", f"{_ONE}/organizations", self.organizations),
            *both("list", "GET", f"{_ONE}/tickets/requested", tickets.requested),
            Operation("contact", "GET", _ONE, self.show),
            Operation("contact", "PUT", _ONE, self.update),
            Operation("contact", "DELETE", _ONE, self.delete),
        ]

    def user_of(self, call: Call) -> User:
        """The user of the path. Raises ``VendorError``."""
        user = self._zendesk.account.users.get(number_of(call.part("user")) or 0)
        if user is None:
            raise not_found()
        return user

    # --------------------------------------------------------------------------------------- finding
    async def search(self, call: Call) -> Response:
        """Users by the search syntax, or by external id; late, as searches are."""
        query, external = call.query.get("query"), call.query.get("external_id")
        if query is None and external is None:
            raise bad_request("Parameter query is required")
        seen = self._seen()
        if external is not None:
            seen = [one for one in seen if one["external_id"] == external]
        else:
            seen = [one for one in seen if matches(one, terms(query or ""))]
        return json_answer(self._found(call, seen))

    async def autocomplete(self, call: Call) -> Response:
        """Users whose name begins so."""
        name = call.query.get("name", "")
        if len(name) < 2:  # noqa: PLR2004 - the vendor's
            raise bad_request("Parameter name must have at least two characters")
        seen = [one for one in self._seen() if str(one["name"]).lower().startswith(name.lower())]
        return json_answer(self._found(call, seen))

    def _seen(self) -> list[dict[str, Any]]:
        seen = self._zendesk.account.seen(User, self._zendesk.settings.user_search_lag)
        return [one for one in seen if one["active"]]

    def _found(self, call: Call, seen: list[dict[str, Any]]) -> dict[str, Any]:
        users = self._zendesk.account.users
        by_id = {one["id"]: one for one in seen}
        records = [users[number] for number in by_id]
        base = self._zendesk.settings.base_url
        return page(call, base, "users", records, lambda user: by_id[user.id], cursors=False)

    async def list_all(self, call: Call) -> Response:
        """All users, or those of a role or with an external id."""
        records = [one for one in self._zendesk.account.users.values() if one.active]
        if (external := call.query.get("external_id")) is not None:
            records = [one for one in records if one.external_id == external]
        if (role := call.query.get("role")) is not None:
            records = [one for one in records if one.role == role]
        return json_answer(
            page(call, self._zendesk.settings.base_url, "users", records, self._zendesk.shown.user)
        )

    async def show_many(self, call: Call) -> Response:
        """Users by their ids, or by their external ids."""
        ids, external = call.query.get("ids"), call.query.get("external_ids")
        wanted = (ids if ids is not None else external or "").split(",")
        if len(wanted) > _MANY:
            raise bad_request("Parameter ids cannot specify more than 100 values", "TooManyValues")
        records = [
            one
            for one in self._zendesk.account.users.values()
            if one.active and (str(one.id) if ids is not None else one.external_id) in wanted
        ]
        return json_answer(
            page(call, self._zendesk.settings.base_url, "users", records, self._zendesk.shown.user)
        )

    async def show(self, call: Call) -> Response:
        """A user, also one who was deleted."""
        user = self.user_of(call)
        content: dict[str, Any] = {"user": self._zendesk.shown.user(user)}
        if "organizations" in call.query.get("include", "").split(","):
            content["organizations"] = self._organizations(user)
        return json_answer(content)

    async def me(self, call: Call) -> Response:
        """The user as whom the call is made."""
        return json_answer({"user": self._zendesk.shown.user(self._zendesk.access.caller(call))})

    async def identities(self, call: Call) -> Response:
        """The addresses of a user."""
        user, shown = self.user_of(call), self._zendesk.shown
        kinds = [value for key, value in call.request.query_params.multi_items() if key in {"type[]", "type"}]
        found = [shown.identity(user, place) for place in range(len(shown.identities(user)))]
        chosen = [one for one in found if not kinds or one["type"] in kinds]
        return json_answer(
            {"identities": chosen, "count": len(chosen), "next_page": None, "previous_page": None}
        )

    async def organizations(self, call: Call) -> Response:
        """The organizations of a user."""
        found = self._organizations(self.user_of(call))
        return json_answer(
            {"organizations": found, "count": len(found), "next_page": None, "previous_page": None}
        )

    def _organizations(self, user: User) -> list[dict[str, Any]]:
        known = self._zendesk.account.organizations.get(user.organization_id or 0)
        return [] if known is None else [self._zendesk.shown.organization(known)]

    # -------------------------------------------------------------------------------------- changing
    async def create(self, call: Call) -> Response:
        """Make a user."""
        body = self._body(call)
        return self._made(call, body, self.make(body))

    async def create_or_update(self, call: Call) -> Response:
        """Make a user, or change the one with this external id or address."""
        body = self._body(call)
        account, external, email = self._zendesk.account, body.text("external_id"), body.text("email")
        known = account.user_by(external_id=external) if external else None
        known = known or (account.user_by(email=email) if email else None)
        if known is None:
            return self._made(call, body, self.make(body))
        return self._changed(call, body, known)

    async def update(self, call: Call) -> Response:
        """Change a user."""
        user = self.user_of(call)
        return self._changed(call, self._body(call), user)

    async def delete(self, call: Call) -> Response:
        """Delete a user, who stays readable."""
        user = self.user_of(call)
        if user is self._zendesk.access.caller(call):
            raise RecordInvalid("base", "You cannot delete yourself")
        user.active = False
        self._zendesk.account.keep(user)
        call.applied = f"user {user.id} was deleted"
        return json_answer({"user": self._zendesk.shown.user(user)})

    def _body(self, call: Call) -> Body:
        body = read_body(call, "user", USER_KEYS)
        self._zendesk.check_keys(body)
        return body

    def _made(self, call: Call, body: Body, user: User) -> Response:
        call.applied = f"user {user.id} was made"
        response = json_answer({"user": self._zendesk.shown.user(user)}, 201)
        response.headers["location"] = self._zendesk.shown.url("users", user.id)
        self._zendesk.warn(body, call, response)
        return response

    def _changed(self, call: Call, body: Body, user: User) -> Response:
        values = self._values(body, user)
        email = values.pop("email", None)
        if email is not None and email.lower() != (user.email or "").lower():
            if user.email is None:
                user.email = email
            elif email not in user.emails:
                user.emails.append(email)
        self._set(user, values)
        self._zendesk.account.keep(user)
        call.applied = f"user {user.id} was changed"
        response = json_answer({"user": self._zendesk.shown.user(user)})
        self._zendesk.warn(body, call, response)
        return response

    def make(self, body: Body, *, long_ago: bool = False) -> User:
        """Make a user, now or long ago. Raises ``VendorError``."""
        if not (body.text("name", 255) or "").strip():
            raise RecordInvalid("name", "Name: is too short (minimum one character)")
        values = self._values(body, None)
        at = self._zendesk.account.begun(long_ago=long_ago)
        user = User(id=self._zendesk.account.new_id(), created_at=at, updated_at=at, name=values.pop("name"))
        self._set(user, values)
        return self._zendesk.account.keep(user, long_ago=long_ago)

    def _set(self, user: User, values: dict[str, Any]) -> None:
        user.user_fields |= values.pop("user_fields", {})
        for name, value in values.items():
            setattr(user, name, value)

    def _values(self, body: Body, user: User | None) -> dict[str, Any]:
        values: dict[str, Any] = {one: body.text(one) for one in _TEXTS if one in body}
        for name in ("locale", "time_zone", "name"):
            if values.get(name, "") is None:
                del values[name]
        self._check_identity(values, user)
        if "role" in body:
            values["role"] = body.among("role", _ROLES) or "end-user"
        if "organization_id" in body:
            values["organization_id"] = self._organization(body)
        for name in ("verified", "suspended"):
            if name in body:
                values[name] = body.flag(name, usual=False)
        if "tags" in body:
            values["tags"] = tags_of(body.get("tags") or [])
        if "user_fields" in body:
            if not isinstance(body.get("user_fields") or {}, dict):
                raise bad_request("user.user_fields must be an object")
            values["user_fields"] = dict(cast("dict[str, Any]", body.get("user_fields") or {}))
        return values

    def _check_identity(self, values: dict[str, Any], user: User | None) -> None:
        account = self._zendesk.account
        if (email := values.get("email")) is not None:
            if not _MAIL.fullmatch(email):
                raise RecordInvalid("email", f"Email: {email} is not properly formatted")
            self._free(account.user_by(email=email), user, "email", email)
        if (external := values.get("external_id")) is not None:
            self._free(account.user_by(external_id=external), user, "external_id", external)

    def _organization(self, body: Body) -> int | None:
        number = body.number("organization_id")
        if number is not None and number not in self._zendesk.account.organizations:
            raise RecordInvalid("organization", "Organization: is invalid", "InvalidValue")
        return number

    def _free(self, known: User | None, user: User | None, key: str, value: str) -> None:
        if known is not None and known is not user:
            title = "Email" if key == "email" else "External"
            text = f"{title}: {value} is already being used by another user"
            raise RecordInvalid(key, text, "DuplicateValue")


def looks_for_people(request: Request) -> bool:
    """Whether a search is one for users."""
    return "type:user" in request.query_params.get("query", "").lower()
