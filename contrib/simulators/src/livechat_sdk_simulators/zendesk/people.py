"""The calls about users: create, get, find, change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.reading import Misfit, only
from livechat_sdk_simulators.zendesk.bodies import Body, json_body, missing, refusing
from livechat_sdk_simulators.zendesk.state import User, hex_id

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["People"]

_USERS: Final = "/sc/v2/apps/{app}/users"
_EXTERNAL: Final = 1024
_BRAND: Final = 24
_PROFILE: Final = 128
_LOCALE: Final = 64


class People:
    """The users of the app."""

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk
        self._users: dict[str, User] = {}
        self._by_external: dict[str, User] = {}

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            Operation("user", "POST", _USERS, self.create),
            Operation("user", "GET", _USERS, self.search),
            Operation("user", "GET", f"{_USERS}/{{user:path}}", self.get),
            Operation("update", "PATCH", f"{_USERS}/{{user:path}}", self.update),
        ]

    def find(self, name: str) -> User | None:
        """The user with this id, or this external id."""
        return self._users.get(name) or self.with_external(name)

    def with_external(self, external_id: str) -> User | None:
        """The user with this external id."""
        return self._by_external.get(external_id)

    def named(self, fields: Body) -> User:
        """The user that a body names by ``userId`` or ``userExternalId``. Raises ``VendorError``."""
        if fields.has("userId") == fields.has("userExternalId"):
            raise Misfit("one of userId or userExternalId is required")
        if fields.has("userId"):
            found = self._users.get(fields.text("userId"))
        else:
            found = self.with_external(fields.text("userExternalId"))
        if found is None:
            raise missing("user")
        return found

    async def create(self, call: Call) -> Response:
        """Make a user; an external id belongs to one."""
        with refusing():
            only(call.query)
            fields = json_body(call)
            external = fields.maybe("externalId", most=_EXTERNAL)
            fields.drop_null("brandId")
            made = User(
                hex_id(),
                external,
                self._signed_up(fields),
                self._profile(fields),
                fields.metadata(),
                fields.maybe("brandId", most=_BRAND),
            )
            fields.end()
        if external is not None and self.with_external(external) is not None:
            raise VendorError(409, "conflict", "User already exists")
        self._users[made.id] = made
        if external is not None:
            self._by_external[external] = made
        call.applied = f"user {made.id} was made"
        return json_answer({"user": made.json()}, 201)

    async def get(self, call: Call) -> Response:
        """One user, by id or external id."""
        with refusing():
            only(call.query, "brandId")
        return json_answer({"user": self._of(call).json()})

    async def search(self, call: Call) -> Response:
        """Users by an e-mail address that was verified, which nobody has who was made here."""
        with refusing():
            only(call.query, "filter[identities.email]", "page[size]", "page[after]", "page[before]")
            if not call.query.get("filter[identities.email]"):
                raise Misfit("filter[identities.email] is required")
        return json_answer({"users": [], "meta": {"hasMore": False}})

    async def update(self, call: Call) -> Response:
        """Change profile or metadata; what is not named stays."""
        user = self._of(call)
        with refusing():
            only(call.query, "brandId")
            fields = json_body(call)
            signed_up = self._signed_up(fields) if fields.has("signedUpAt") else user.signed_up_at
            profile, metadata = self._profile(fields), fields.metadata()
            fields.end()
        user.signed_up_at, user.metadata = signed_up, {**user.metadata, **metadata}
        user.profile = {**user.profile, **profile}
        call.applied = f"user {user.id} was changed"
        return json_answer({"user": user.json()})

    def _of(self, call: Call) -> User:
        found = self.find(call.part("user"))
        if found is None:
            raise missing("user")
        return found

    def _signed_up(self, fields: Body) -> Any:
        fields.maybe_flag("toBeRetained")
        return fields.time("signedUpAt") or self._zendesk.clock.now()

    def _profile(self, fields: Body) -> dict[str, Any]:
        profile = fields.maybe_part("profile")
        if profile is None:
            return {}
        kept: dict[str, Any] = {}
        for name, most in (
            ("givenName", _PROFILE),
            ("surname", _PROFILE),
            ("email", _PROFILE),
            ("locale", _LOCALE),
        ):
            profile.drop_null(name)
            if (value := profile.maybe(name, most=most)) is not None:
                kept[name] = value
        if "@" not in kept.get("email", "@"):
            raise Misfit("profile.email must be an e-mail address")
        profile.drop_null("avatarUrl")
        if profile.has("avatarUrl"):
            kept["avatarUrl"] = profile.url("avatarUrl")
        profile.end()
        return kept
