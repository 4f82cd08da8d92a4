"""What it costs this process to look one end user up in Dynamics, with 20 in flight.

A look-up is the same two calls for both: who has the address, with company and properties, and the cases.
Ours is the hook of the adapter, from the end user to the contact that agents see. The yardstick is
Microsoft's own client in 20 threads, which is how its users do that, and which stops at the rows. Each is
processor time, of all threads, for one look-up; the vendor runs in a process of its own. Both take turns, and
the medians are compared.
"""

from __future__ import annotations

import asyncio
import importlib
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks._dataverse import ANN, MAIL, a_dataverse
from benchmarks._yardsticks import leave_out_without
from livechat_sdk.domain.people import EndUser
from livechat_sdk.registry import Registry
from livechat_sdk_dynamics import plugin
from livechat_sdk_dynamics.source import DynamicsContacts

GOAL = 0.5
ROUNDS = 7
IN_FLIGHT = 20
LOOK_UPS = 12
COLUMNS = ["contactid", "fullname", "modifiedon", "emailaddress1", "mobilephone", "jobtitle", "creditlimit"]
ACCOUNT = ["parentcustomerid_account($select=accountid,name,accountnumber,telephone1)"]
CASE_COLUMNS = [
    "incidentid",
    "ticketnumber",
    "title",
    "statecode",
    "statuscode",
    "prioritycode",
    "modifiedon",
]


async def ours(address: str) -> float:
    """The adapter, without its cache."""
    source = Registry({"dynamics": plugin}).build(
        {
            "type": "MICROSOFT_DYNAMICS_CRM",
            "name": "crm",
            "baseUrl": address,
            "loginUrl": address,
            "azureTenantId": "benchmark.example",
            "clientId": "a-client",
            "clientSecret": "a-secret-that-opens-nothing",
            "entityProperties": [
                {"label": "Job title", "path": "jobtitle"},
                {"label": "Limit", "path": "creditlimit", "kind": "number"},
            ],
        }
    )
    assert isinstance(source, DynamicsContacts)  # noqa: S101 - it is what was built
    user = EndUser(id="u-1", email=MAIL)

    async def looker(times: int) -> None:
        for _ in range(times):
            found = await source.livechat_find_contact(user, "shop-bot")
            if found is None or found.id != ANN or len(found.cases) != 2:  # noqa: PLR2004 - as many as there are
                raise AssertionError(f"another answer: {found}")

    try:
        await asyncio.gather(*(looker(1) for _ in range(IN_FLIGHT)))  # makes the connections
        before = time.process_time()
        await asyncio.gather(*(looker(LOOK_UPS) for _ in range(IN_FLIGHT)))
        return (time.process_time() - before) / (IN_FLIGHT * LOOK_UPS)
    finally:
        await source.stop()


def _secure(address: str) -> str:
    return address.replace("http://", "https://", 1)


def _in_the_clear(address: str) -> None:
    """Let the vendor's client, which speaks HTTPS alone, speak as plainly as ours does here."""
    adapters: Any = importlib.import_module("requests.adapters")
    send = adapters.HTTPAdapter.send

    def plain(self: Any, request: Any, **more: Any) -> Any:
        request.url = request.url.replace(_secure(address), address, 1)
        return send(self, request, **more)

    adapters.HTTPAdapter.send = plain


def sdk(address: str) -> float:
    """Microsoft's own client, in threads."""
    dataverse: Any = importlib.import_module("PowerPlatform.Dataverse.client")  # dev only
    credentials: Any = importlib.import_module("azure.core.credentials")

    class _Credential:
        def get_token(self, *_: str, **__: Any) -> Any:
            return credentials.AccessToken("a-token-of-the-benchmark", int(time.time()) + 3599)

    quoted = MAIL.replace("'", "''")

    def look_up(client: Any) -> None:
        (found,) = client.records.list(
            "contact",
            select=COLUMNS,
            filter=f"emailaddress1 eq '{quoted}' and statecode eq 0",
            orderby=["modifiedon desc"],
            top=6,
            expand=ACCOUNT,
        )
        cases = list(
            client.records.list(
                "incident",
                select=CASE_COLUMNS,
                filter=f"_customerid_value eq {found['contactid']}",
                orderby=["statecode asc", "modifiedon desc"],
                top=10,
            )
        )
        if found["contactid"] != ANN or len(cases) != 2:  # noqa: PLR2004 - as many as there are
            raise AssertionError("another answer")

    with (
        dataverse.DataverseClient(_secure(address), _Credential()) as client,
        ThreadPoolExecutor(IN_FLIGHT) as threads,
    ):

        def looker(times: int) -> None:
            for _ in range(times):
                look_up(client)

        looker(1)  # asks for the metadata
        list(threads.map(looker, [1] * IN_FLIGHT))
        before = time.process_time()
        list(threads.map(looker, [LOOK_UPS] * IN_FLIGHT))
        return (time.process_time() - before) / (IN_FLIGHT * LOOK_UPS)


def main() -> None:
    """Measure, and print the line that ``benchmarks/run.py`` reads."""
    leave_out_without("PowerPlatform.Dataverse", "powerplatform-dataverse-client")
    costs: dict[str, list[float]] = {"ours": [], "sdk": []}
    with a_dataverse() as address:
        _in_the_clear(address)
        for _ in range(ROUNDS):
            costs["ours"].append(asyncio.run(ours(address)))
            costs["sdk"].append(sdk(address))
    median = {name: statistics.median(values) for name, values in costs.items()}
    shown = ", ".join(f"{name} {value * 1e6:.0f} µs" for name, value in median.items())
    print(f"a look-up with {IN_FLIGHT} in flight: {shown}", file=sys.stderr)
    ratio = median["ours"] / median["sdk"]
    print(f"dynamics_contact_of_sdk_cpu {ratio:.2f} {GOAL} {'met' if ratio <= GOAL else 'short'}")


if __name__ == "__main__":
    main()
