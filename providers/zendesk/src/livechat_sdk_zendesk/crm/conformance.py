"""How Zendesk's contacts are put to the proof: the rig of ``ZENDESK_CRM`` for the kit, over its simulator.

Named by the entry point group ``livechat_sdk_conformance``, and imported by nothing else: it needs
``livechat-sdk-testing`` and an installed simulator named ``zendesk-support``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any

from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems import ContactTraits, Person, PropertySample
from livechat_sdk_testing.conformance.systems.simulated import SimulatorContactRig
from livechat_sdk_zendesk import plugin

__all__ = ["ZendeskContactRig", "make_rig"]

_CACHE = 300.0


def make_rig(clock: VirtualClock) -> ZendeskContactRig:
    """The simulator, on the clock of one case."""
    return ZendeskContactRig(clock)


def _simulator(clock: VirtualClock, settings: Mapping[str, Any]) -> Any:
    for entry in entry_points(group="livechat_sdk_simulators", name="zendesk-support"):
        return entry.load().make({"calls_per_minute": None, **settings}, clock)
    raise LookupError("no simulator of Zendesk Support is installed: pip install livechat-sdk-simulators")


class ZendeskContactRig(SimulatorContactRig):
    """An account that is reached by OAuth, whose users have fields of their own.

    ``account`` are settings of the simulator where the account is another one, ``settings`` those of the
    integration.
    """

    traits = ContactTraits(
        keys=frozenset({"email", "phone", "external_id", "property"}),
        several="told",
        shared="phone",
        cache=_CACHE,
        lag=60.0,
        accounts=True,
        cases=True,
    )
    samples: Sequence[PropertySample] = (
        PropertySample("Notes", "text", {"notes": "likes tea"}, "likes tea"),
        PropertySample("Orders", "number", {"user_fields": {"orders": 12}}, "12"),
    )

    def __init__(
        self, clock: VirtualClock, account: Mapping[str, Any] | None = None, **settings: Any
    ) -> None:
        self._zendesk = _simulator(clock, account or {})
        self._settings = settings
        super().__init__(clock, self._zendesk)

    @property
    def plugin(self) -> object:
        """The adapter's plugin."""
        return plugin

    @property
    def settings(self) -> Mapping[str, Any]:
        """One account."""
        account = self._zendesk.settings
        return {
            "type": "ZENDESK_CRM",
            "name": "zendesk-crm",
            "baseUrl": account.base_url,
            "clientId": account.client_id,
            "clientSecret": account.client_secret,
            "shownFields": [
                {"label": "Notes", "path": "notes"},
                {"label": "Orders", "path": "user_fields/orders", "kind": "number"},
            ],
            "filterProperty": {
                "dataPropertyName": "customer_number",
                "subscriberPropertyName": self.attribute,
            },
            **self._settings,
        }

    async def add(self, person: Person) -> str:
        """A user, with an organization and tickets where the person has them."""
        fields: dict[str, Any] = {"name": person.name, "role": "end-user", **person.extra}
        own = {"email": person.email, "phone": person.phone, "external_id": person.external_id}
        fields |= {name: value for name, value in own.items() if value is not None}
        if person.property is not None:
            fields["user_fields"] = {**fields.get("user_fields", {}), "customer_number": person.property}
        if person.account is not None:
            fields["organization_id"] = int(await self._zendesk.human.add_account(name=person.account))
        number: str = await self._zendesk.human.add_contact(**fields)
        for case in person.cases:
            ticket = {
                "subject": case.title,
                "comment": {"body": case.title},
                "requester_id": int(number),
                "status": "open" if case.open else "solved",
            }
            await self._change("POST", "tickets", {"ticket": ticket})
        return number

    async def change(self, contact_id: str, name: str) -> None:
        """An agent corrects a name."""
        await self._change("PUT", f"users/{contact_id}", {"user": {"name": name}})

    async def _change(self, method: str, path: str, body: Mapping[str, Any]) -> None:
        account = self._zendesk.settings
        auth = (f"{account.user_name}/token", account.api_token)
        await self.ask(method, f"{account.base_url}/api/v2/{path}", json=body, auth=auth)
