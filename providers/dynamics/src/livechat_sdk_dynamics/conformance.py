"""How Dynamics' contacts are put to the proof: the rig of ``MICROSOFT_DYNAMICS_CRM`` for the kit.

Named by the entry point group ``livechat_sdk_conformance``, and imported by nothing else: it needs
``livechat-sdk-testing`` and an installed simulator named ``dynamics``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any

from livechat_sdk_dynamics import plugin
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems import ContactTraits, Person, PropertySample
from livechat_sdk_testing.conformance.systems.simulated import SimulatorContactRig

__all__ = ["DynamicsContactRig", "make_rig"]

_CACHE = 300.0


def make_rig(clock: VirtualClock) -> DynamicsContactRig:
    """The simulator, on the clock of one case."""
    return DynamicsContactRig(clock)


def _simulator(clock: VirtualClock, settings: Mapping[str, Any]) -> Any:
    for entry in entry_points(group="livechat_sdk_simulators", name="dynamics"):
        return entry.load().make({"requests_per_window": None, **settings}, clock)
    raise LookupError("no simulator of Dynamics is installed: pip install livechat-sdk-simulators")


class DynamicsContactRig(SimulatorContactRig):
    """An environment with a tier of its own for contacts, in English and Greek.

    ``environment`` are settings of the simulator where the environment is another one, ``settings`` those of
    the integration.
    """

    traits = ContactTraits(
        keys=frozenset({"email", "phone", "external_id", "property"}),
        several="told",
        cache=_CACHE,
        phone_forms=False,
        accounts=True,
        cases=True,
        languages=True,
    )
    samples: Sequence[PropertySample] = (
        PropertySample("Tier", "choice", {"new_tier": 100000000}, "Gold", in_greek="Χρυσό"),
        PropertySample("Birthday", "text", {"birthdate": "1990-05-01"}, "01/05/1990"),
        PropertySample("About", "text", {"description": "likes tea"}, "likes tea"),
    )

    def __init__(
        self, clock: VirtualClock, environment: Mapping[str, Any] | None = None, **settings: Any
    ) -> None:
        self._dynamics = _simulator(clock, environment or {})
        self._settings = settings
        super().__init__(clock, self._dynamics)

    @property
    def plugin(self) -> object:
        """The adapter's plugin."""
        return plugin

    @property
    def settings(self) -> Mapping[str, Any]:
        """One environment."""
        own = {
            "name": "dynamics-crm",
            "externalIdColumn": "externaluseridentifier",
            "filterProperty": {"dataPropertyName": "jobtitle", "subscriberPropertyName": self.attribute},
            "entityProperties": [
                {"label": "Tier", "path": "new_tier", "kind": "choice"},
                {"label": "Birthday", "path": "birthdate"},
                {"label": "About", "path": "description"},
            ],
        }
        return {**self._dynamics.integration("crm"), **own, **self._settings}

    async def add(self, person: Person) -> str:
        """A contact, with a company and cases where the person has them."""
        first, _, last = person.name.rpartition(" ")
        fields: dict[str, Any] = {"firstname": first, "lastname": last, **person.extra}
        own = {
            "emailaddress1": person.email,
            "mobilephone": person.phone,
            "externaluseridentifier": person.external_id,
            "jobtitle": person.property,
        }
        fields |= {name: value for name, value in own.items() if value is not None}
        if person.account is not None:
            account = await self._dynamics.human.add_account(name=person.account)
            fields["parentcustomerid_account@odata.bind"] = f"/accounts({account})"
        number: str = await self._dynamics.human.add_contact(**fields)
        for case in person.cases:
            row = {"title": case.title, "customerid_contact@odata.bind": f"/contacts({number})"}
            made = await self._dynamics.human.add_row("incident", **row)
            if not case.open:
                await self._dynamics.human.set_state(made, "solved")
        return number

    async def change(self, contact_id: str, name: str) -> None:
        """Somebody corrects a name."""
        first, _, last = name.rpartition(" ")
        environment = self._dynamics.settings
        form = {
            "grant_type": "client_credentials",
            "client_id": environment.client_id,
            "client_secret": environment.client_secret,
            "scope": f"{environment.base_url}/.default",
        }
        login = f"{environment.base_url}/{environment.tenant_id}/oauth2/v2.0/token"
        token = (await self.ask("POST", login, data=form)).json()["access_token"]
        await self.ask(
            "PATCH",
            f"{environment.base_url}/api/data/v9.2/contacts({contact_id})",
            json={"firstname": first, "lastname": last},
            headers={"Authorization": f"Bearer {token}", "If-Match": "*"},
        )
