"""Dataverse for benchmarks, in a process of its own: one contact with two cases, whatever is asked."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from benchmarks._lean import a_vendor

__all__ = ["ANN", "MAIL", "a_dataverse"]

ANN: Final = "49b0be2e-d01c-ed11-b83e-000d3a572421"
MAIL: Final = "o'hara+web@example.com"
_LABEL: Final = "OData.Community.Display.V1.FormattedValue"

_CONTACT: Final[dict[str, Any]] = {
    "@odata.etag": 'W/"80730855"',
    "contactid": ANN,
    "fullname": "Ann O'Hara",
    "modifiedon": "2026-11-20T08:00:00Z",
    "emailaddress1": MAIL,
    "emailaddress2": None,
    "emailaddress3": None,
    "mobilephone": "+302101234567",
    "telephone1": None,
    "jobtitle": "Buyer",
    "creditlimit": 1500.5,
    f"creditlimit@{_LABEL}": "1.500,50",
    "parentcustomerid_account": {
        "accountid": "78914942-34cb-ed11-b596-0022481d68cd",
        "name": "Litware, Inc. (sample)",
        "accountnumber": "ACC-7",
        "telephone1": "555-0150",
    },
}
_CASES: Final = [
    {
        "@odata.etag": 'W/"1"',
        "incidentid": f"e9a8c72c-dbcc-ed11-b597-00000000000{number}",
        "ticketnumber": f"CAS-0100{number}-X1",
        "title": "Parcel lost",
        "statecode": number,
        "statuscode": 1,
        f"statuscode@{_LABEL}": "In Progress",
        "prioritycode": 1,
        f"prioritycode@{_LABEL}": "High",
        "createdon": "2026-11-20T08:00:00Z",
        "modifiedon": "2026-11-25T08:00:00Z",
    }
    for number in (0, 1)
]
_TABLES: Final = {"contact": "contacts", "incident": "incidents"}


def _document(path: str) -> Any:
    """What a path is answered with."""
    what = path.partition("?")[0].rpartition("/")[2]
    if what == "token":
        return {"access_token": "a-token-of-the-benchmark", "token_type": "Bearer", "expires_in": 3599}
    if "EntityDefinitions" in what:  # the vendor's client asks once what the set of a table is called
        table = next(name for name in _TABLES if name in path)
        return {
            "value": [
                {
                    "LogicalName": table,
                    "EntitySetName": _TABLES[table],
                    "PrimaryIdAttribute": f"{table}id",
                    "MetadataId": ANN,
                }
            ]
        }
    if what == "contacts":
        return {"value": [_CONTACT]}
    if what == "incidents":
        return {"value": _CASES}
    return _CONTACT


class _State:
    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """What a request is answered with."""
        return 200, _document(path)


@contextmanager
def a_dataverse() -> Generator[str]:
    """An environment that runs while the context is open. Gives its address."""
    with a_vendor(_State, headers={"odata-version": "4.0"}) as url:
        yield url
