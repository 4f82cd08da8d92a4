"""The calls that set up integrations of one's own, their keys and their webhooks."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.reading import Misfit, only
from livechat_sdk_simulators.zendesk.bodies import Body, json_body, missing, page_of, refusing
from livechat_sdk_simulators.zendesk.conversations import PAGE
from livechat_sdk_simulators.zendesk.events import Hook
from livechat_sdk_simulators.zendesk.keys import Key, key_of, whole_app
from livechat_sdk_simulators.zendesk.settings import TRIGGERS
from livechat_sdk_simulators.zendesk.state import hex_id

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["Hooks"]

_ALL: Final = "/sc/v2/apps/{app}/integrations"
_ONE: Final = f"{_ALL}/{{integration}}"
_HOOK: Final = f"{_ONE}/webhooks/{{webhook}}"
_MOST: Final = 10
_NAME: Final = 100


@dataclass(slots=True)
class _Custom:
    id: str
    name: str


class Hooks:
    """Custom integrations. That of the bot is there from the beginning."""

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk
        bot = zendesk.switchboard.bot.integration_id
        self.integrations = {bot: _Custom(bot, "The bot")}

    def begin(self) -> None:
        """Set up the webhook of the bot."""
        settings = self._zendesk.settings
        self._add(
            Hook(
                id=hex_id(),
                integration_id=self._zendesk.switchboard.bot.integration_id,
                target=None,
                triggers=list(settings.triggers),
                secret=settings.webhook_secrets[0],
            )
        )

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            Operation("integration", "POST", _ALL, self.create),
            Operation("integration", "GET", _ALL, self.list_all),
            Operation("integration", "GET", _ONE, self.get),
            Operation("integration", "POST", f"{_ONE}/keys", self.create_key),
            Operation("hook", "POST", f"{_ONE}/webhooks", self.create_hook),
            Operation("hook", "GET", f"{_ONE}/webhooks", self.list_hooks),
            Operation("hook", "GET", _HOOK, self.get_hook),
            Operation("hook", "PATCH", _HOOK, self.update_hook),
            Operation("hook", "DELETE", _HOOK, self.delete_hook),
            Operation("app", "GET", "/sc/v2/apps/{app}", self.app),
        ]

    def _add(self, hook: Hook) -> None:
        self._zendesk.events.hooks.append(hook)
        self._zendesk.mask.learn(hook.secret)

    async def app(self, call: Call) -> Response:
        """The app itself."""
        whole_app(call)
        settings = {"multiConvoEnabled": True, "maskCreditCardNumbers": True, "echoPostback": False}
        shown = {"id": self._zendesk.settings.app_id, "displayName": "Acme", "settings": settings}
        return json_answer({"app": shown})

    # ------------------------------------------------------------------------------------ integrations
    async def create(self, call: Call) -> Response:
        """Make a custom integration with its one webhook."""
        whole_app(call)
        with refusing():
            fields = json_body(call)
            if fields.text("type") != "custom":
                raise VendorError(400, "bad_request", "Invalid integration type")
            made = _Custom(hex_id(), fields.maybe("displayName", most=_NAME) or "")
            if fields.has("status"):
                fields.text("status", among=("active", "inactive"))
            [hook] = fields.parts("webhooks", lambda one: self._hook(one, made.id), least=1, most=1)
            fields.end()
        self._room()
        self.integrations[made.id] = made
        self._add(hook)
        call.applied = f"integration {made.id} was made"
        return json_answer({"integration": {**_shown(made), "webhooks": [hook.json()]}}, 201)

    async def list_all(self, call: Call) -> Response:
        """The custom integrations."""
        whole_app(call)
        with refusing():
            only(call.query, "filter[types]", *PAGE)
            kinds = call.query.get("filter[types]", "custom").split(",")
            known = list(self.integrations.values()) if "custom" in kinds else []
            page, meta = page_of(call.query, known, lambda one: one.id)
        return json_answer({"integrations": [_shown(one) for one in page], "meta": meta})

    async def get(self, call: Call) -> Response:
        """One integration."""
        whole_app(call)
        return json_answer({"integration": _shown(self.integrations[self._of(call)])})

    async def create_key(self, call: Call) -> Response:
        """Make a key of an integration."""
        whole_app(call)
        owner = self._of(call)
        with refusing():
            fields = json_body(call)
            name = fields.text("displayName", most=_NAME)
            fields.end()
            if len(self._zendesk.keys.of_integration(owner)) >= _MOST:
                raise Misfit(f"An integration has at most {_MOST} keys")
        key = Key(f"int_{hex_id()}", secrets.token_urlsafe(48), owner, name)
        self._zendesk.keys.add(key)
        call.applied = f"key {key.id} was made"
        return json_answer({"key": {"id": key.id, "displayName": name, "secret": key.secret}}, 201)

    def _of(self, call: Call) -> str:
        """The integration that the address names; ``me`` is that of the key. Others' are not to be seen."""
        own, named = key_of(call).integration_id, call.part("integration")
        wanted = own if named == "me" else named
        if wanted is None or wanted not in self.integrations:
            raise missing("integration")
        if own is not None and own != wanted:
            raise VendorError(403, "forbidden", "Forbidden")
        return wanted

    # ---------------------------------------------------------------------------------------- webhooks
    def _hook(self, fields: Body, owner: str) -> Hook:
        target, triggers = fields.url("target"), fields.texts("triggers")
        _check(triggers)
        return Hook(
            id=hex_id(),
            integration_id=owner,
            target=target,
            triggers=triggers,
            secret=secrets.token_hex(16),
            full_user=bool(fields.maybe_flag("includeFullUser")),
            full_source=bool(fields.maybe_flag("includeFullSource")),
        )

    def _room(self) -> None:
        if len(self._zendesk.events.hooks) >= _MOST:
            raise VendorError(400, "bad_request", f"An app is limited to {_MOST} webhooks")

    async def create_hook(self, call: Call) -> Response:
        """Make a webhook."""
        owner = self._of(call)
        with refusing():
            fields = json_body(call)
            hook = self._hook(fields, owner)
            fields.end()
        self._room()
        self._add(hook)
        call.applied = f"webhook {hook.id} was made"
        return json_answer({"webhook": hook.json()}, 201)

    async def list_hooks(self, call: Call) -> Response:
        """The webhooks of an integration."""
        owner = self._of(call)
        shown = [self._json(one) for one in self._zendesk.events.hooks if one.integration_id == owner]
        return json_answer({"webhooks": shown})

    def _json(self, hook: Hook) -> dict[str, Any]:
        return {**hook.json(), "target": hook.target or self._zendesk.webhooks.target or ""}

    def _hook_of(self, call: Call) -> Hook:
        owner = self._of(call)
        hooks = self._zendesk.events.hooks
        found = [one for one in hooks if one.integration_id == owner and one.id == call.part("webhook")]
        if not found:
            raise missing("")
        return found[0]

    async def get_hook(self, call: Call) -> Response:
        """One webhook."""
        return json_answer({"webhook": self._json(self._hook_of(call))})

    async def update_hook(self, call: Call) -> Response:
        """Change a webhook; its secret stays."""
        hook = self._hook_of(call)
        with refusing():
            fields = json_body(call)
            target = fields.url("target") if fields.has("target") else hook.target
            triggers = fields.texts("triggers") if fields.has("triggers") else hook.triggers
            _check(triggers)
            user, source = fields.maybe_flag("includeFullUser"), fields.maybe_flag("includeFullSource")
            fields.end()
        hook.target, hook.triggers = target, triggers
        hook.full_user = hook.full_user if user is None else user
        hook.full_source = hook.full_source if source is None else source
        call.applied = f"webhook {hook.id} was changed"
        return json_answer({"webhook": self._json(hook)})

    async def delete_hook(self, call: Call) -> Response:
        """Remove a webhook."""
        hook = self._hook_of(call)
        self._zendesk.events.hooks.remove(hook)
        call.applied = f"webhook {hook.id} was removed"
        return json_answer({})


def _check(triggers: Sequence[str]) -> None:
    if not triggers or any(one not in TRIGGERS for one in triggers):
        raise Misfit("triggers must be of those that there are")


def _shown(one: _Custom) -> dict[str, Any]:
    return {"id": one.id, "type": "custom", "status": "active", "displayName": one.name}
