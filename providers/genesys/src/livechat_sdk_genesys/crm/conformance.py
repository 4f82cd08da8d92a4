"""How Genesys' external contacts are put to the proof: the rig of ``GENESYS_CRM`` for the kit.

Named by the entry point group ``livechat_sdk_conformance``, and imported by nothing else: it needs
``livechat-sdk-testing`` and an installed simulator named ``genesys``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any, Final

from livechat_sdk_genesys import plugin
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems import (
    ContactTraits,
    Person,
    PropertySample,
    excused_of,
)
from livechat_sdk_testing.conformance.systems.simulated import SimulatorContactRig

__all__ = ["GenesysContactRig", "make_rig"]

_SOURCE: Final = "0b0e1d8e-52c1-4a5e-9f0a-2f1f6a5a7a10"


def make_rig(clock: VirtualClock) -> GenesysContactRig:
    """The simulator, on the clock of one case."""
    return GenesysContactRig(clock)


def _simulator(clock: VirtualClock) -> Any:
    for entry in entry_points(group="livechat_sdk_simulators", name="genesys"):
        return entry.load().make({"contacts": ()}, clock)
    raise LookupError("no simulator of Genesys is installed: pip install livechat-sdk-simulators")


class GenesysContactRig(SimulatorContactRig):
    """An organisation whose contacts have ids of one external source. ``settings`` are of the integration."""

    excuses = (
        excused_of(
            "answers.find_403",
            reason="Credentials of live chat often may not see contacts: nobody is found then, and it is"
            " logged.",
        ),
    )
    traits = ContactTraits(keys=frozenset({"email", "phone", "external_id"}), several="told", cache=300.0)
    samples: Sequence[PropertySample] = (PropertySample("Title", "text", {"title": "Engineer"}, "Engineer"),)

    def __init__(self, clock: VirtualClock, **settings: Any) -> None:
        self._genesys = _simulator(clock)
        self._settings = settings
        self._own: set[str] = set()
        super().__init__(clock, self._genesys)

    @property
    def plugin(self) -> object:
        """The adapter's plugin."""
        return plugin

    @property
    def tokens(self) -> Sequence[str]:
        """Those of the adapter."""
        return [one for one in super().tokens if one not in self._own]

    @property
    def settings(self) -> Mapping[str, Any]:
        """One organisation."""
        known = self._genesys.integration()
        own = {name: known[name] for name in ("clientId", "clientSecret", "region")}
        urls = {name: known[name] for name in ("apiUrl", "loginUrl") if name in known}
        return {
            "type": "GENESYS_CRM",
            "name": "genesys-crm",
            **own,
            **urls,
            "externalSource": _SOURCE,
            "shownFields": [{"label": "Title", "path": "title"}],
            "contactLinkTemplate": "https://apps.genesys.example/contacts/{id}",
            **self._settings,
        }

    async def add(self, person: Person) -> str:
        """A contact, made over the API."""
        first, _, last = person.name.rpartition(" ")
        contact: dict[str, Any] = {"lastName": last, **person.extra}
        if first:
            contact["firstName"] = first
        if person.email is not None:
            contact["workEmail"] = person.email
        if person.phone is not None:
            contact["cellPhone"] = {"display": person.phone, "e164": person.phone, "countryCode": "GR"}
        if person.external_id is not None:
            contact["externalIds"] = [{"externalSource": {"id": _SOURCE}, "value": person.external_id}]
        settings = self._genesys.settings
        token = await self.ask(
            "POST",
            f"{settings.login}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(settings.client_id, settings.client_secret),
        )
        access: str = token.json()["access_token"]
        self._own.add(access)
        made = await self.ask(
            "POST",
            f"{settings.base_url}/api/v2/externalcontacts/contacts",
            json=contact,
            headers={"Authorization": f"Bearer {access}"},
        )
        return str(made.json()["id"])
