"""Dataverse for benchmarks, in a process of its own: one contact with two cases, whatever is asked."""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

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


class _Connection(asyncio.Protocol):
    """As little HTTP as the clients under test need."""

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head, separator, rest = self._buffer.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            if not separator or len(rest) < length:
                return
            self._buffer = rest[length:]
            content = json.dumps(_document(head.split(b" ", 2)[1].decode())).encode()
            if self._transport is not None:
                self._transport.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json; odata.metadata=minimal\r\n"
                    b"odata-version: 4.0\r\ncontent-length: %d\r\n\r\n%b" % (len(content), content)
                )


async def _serve(ports: multiprocessing.SimpleQueue[int]) -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0)
    ports.put(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _run(ports: multiprocessing.SimpleQueue[int]) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(ports))


@contextmanager
def a_dataverse() -> Generator[int]:
    """The port of an environment that runs while the context is open."""
    context = multiprocessing.get_context("spawn")
    ports: multiprocessing.SimpleQueue[int] = context.SimpleQueue()
    process = context.Process(target=_run, args=(ports,), daemon=True)
    process.start()
    try:
        yield ports.get()
    finally:
        process.terminate()
        process.join()
