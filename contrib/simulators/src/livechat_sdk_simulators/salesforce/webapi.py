"""The calls of the REST API: records, queries, descriptions and files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, json_answer
from livechat_sdk_simulators.salesforce.bodies import read_record
from livechat_sdk_simulators.salesforce.describe import described, summary
from livechat_sdk_simulators.salesforce.errors import ApiError, no_column, not_found, usual
from livechat_sdk_simulators.salesforce.kinds import segments
from livechat_sdk_simulators.salesforce.rows import Record
from livechat_sdk_simulators.salesforce.rules import RULE_ID
from livechat_sdk_simulators.salesforce.schema import Field, Kind

if TYPE_CHECKING:
    from livechat_sdk_simulators.salesforce.simulator import SalesforceSimulator

__all__ = ["WebApi"]

_OLDEST: Final = 20
_PLACE: Final = "eA=="
"""Holds the place of a file that came as a part of its own."""
_TELLS: Final = 46
"""The first version that tells of an upsert what was changed."""


class WebApi:
    """Carries out the calls on one org."""

    def __init__(self, salesforce: SalesforceSimulator) -> None:
        self._salesforce = salesforce
        self._rows = salesforce.rows
        self._rules = salesforce.rules

    # ---------------------------------------------------------------------------------------- addresses
    def _version(self, call: Call) -> int:
        text = call.part("version")
        number = text.removeprefix("v").removesuffix(".0")
        if text != f"v{number}.0" or not number.isdigit():
            raise not_found()
        if not _OLDEST < int(number) <= self._salesforce.settings.newest_version:
            raise not_found()
        return int(number)

    def _address(self, call: Call) -> str:
        return f"/services/data/v{self._version(call)}.0"

    def _kind(self, name: str) -> Kind:
        kind = self._rows.kinds.get(name)
        if kind is None or not self._salesforce.may("read", kind):
            raise not_found()
        return kind

    def _record(self, kind: Kind, record_id: str) -> Record:
        record = self._rows.get(kind.name, record_id)
        if record is None:
            if self._rows.is_gone(record_id):
                raise ApiError(404, "ENTITY_IS_DELETED", "entity is deleted", [])
            raise not_found()
        return record

    def _external(self, kind: Kind, name: str) -> Field:
        field = kind.find(name)
        if field is None or not (field.external_id or field.name == "Id"):
            raise not_found(f"Provided external ID field does not exist or is not accessible: {name}")
        return field

    def _by_external(self, kind: Kind, field: Field, value: str) -> list[Record]:
        if field.name == "Id":
            record = self._rows.get(kind.name, value)
            return [] if record is None else [record]
        if "." in value and not self._salesforce.settings.dots_in_external_ids:
            raise not_found()
        return self._rules.found_by(kind.name, field.name, value)

    def _several(self, kind: Kind, found: Sequence[Record], call: Call) -> Response:
        address = f"{self._address(call)}/sobjects/{kind.name}"
        return json_answer([f"{address}/{one.id}" for one in found], 300)

    # ----------------------------------------------------------------------------------------- reading
    async def versions(self, call: Call) -> Response:
        """Which versions there are. Anybody may know."""
        newest = self._salesforce.settings.newest_version
        return json_answer(
            [
                {"label": f"Version {one}", "url": f"/services/data/v{one}.0", "version": f"{one}.0"}
                for one in range(_OLDEST + 1, newest + 1)
            ]
        )

    async def get(self, call: Call) -> Response:
        """Whatever is read."""
        address = self._address(call)
        match segments(call.request):
            case []:
                return json_answer({one: f"{address}/{one}" for one in ("sobjects", "query", "limits")})
            case ["limits"]:
                limit = self._salesforce.oauth.limit
                most = limit.most or 0
                return json_answer(
                    {"DailyApiRequests": {"Max": most, "Remaining": max(0, most - limit.used)}}
                )
            case ["query"]:
                return self._query(call, address)
            case ["query", locator]:
                return json_answer(self._salesforce.queries.more(locator, address))
            case ["sobjects", *rest]:
                return self._read(call, address, rest)
            case _:
                raise not_found()

    def _read(self, call: Call, address: str, parts: Sequence[str]) -> Response:
        if not parts:
            seen = [one for one in self._rows.kinds.values() if self._salesforce.may("read", one)]
            shown = [summary(one, address) for one in seen]
            return json_answer({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": shown})
        kind = self._kind(parts[0])
        match parts[1:]:
            case []:
                return json_answer({"objectDescribe": summary(kind, address), "recentItems": []})
            case ["describe"]:
                restricted = self._salesforce.settings.restricted_picklists
                return json_answer(described(kind, address, restricted=restricted))
            case [record_id]:
                return self._shown(call, self._record(kind, record_id), address)
            case [record_id, "VersionData"] if kind.name == "ContentVersion":
                content = self._record(kind, record_id).content
                return Response(content, media_type="application/octetstream")
            case [field, value]:
                return self._read_external(call, kind, field, value)
            case _:
                raise not_found()

    def _read_external(self, call: Call, kind: Kind, field: str, value: str) -> Response:
        found = self._by_external(kind, self._external(kind, field), value)
        if len(found) > 1:
            return self._several(kind, found, call)
        if not found:
            raise not_found()
        return self._shown(call, found[0], self._address(call))

    def _query(self, call: Call, address: str) -> Response:
        text = call.query.get("q")
        if text is None or not text.strip():
            raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
        options = call.header("sforce-query-options")
        return json_answer(self._salesforce.queries.answer(text, address, options))

    def _shown(self, call: Call, record: Record, address: str) -> Response:
        call.chat = record.id if record.kind.name == "Case" else ""
        kind, asked = record.kind, call.query.get("fields")
        names = [one.strip() for one in asked.split(",")] if asked else list(kind.fields)
        url = f"{address}/sobjects/{kind.name}/{record.id}"
        shown: dict[str, Any] = {"attributes": {"type": kind.name, "url": url}}
        for name in names:
            field = kind.find(name)
            if field is None:
                raise no_column(name, kind.name, "entity")
            shown[field.name] = record.values.get(field.name)
        if kind.name == "ContentVersion" and "VersionData" in shown:
            shown["VersionData"] = f"{url}/VersionData"
        return json_answer({**shown, "Id": record.id})

    # ----------------------------------------------------------------------------------------- writing
    async def post(self, call: Call) -> Response:
        """Make a record."""
        match segments(call.request):
            case ["sobjects", name]:
                self._version(call)
                return self._create(call, self._kind(name))
            case _:
                raise not_found()

    def _create(self, call: Call, kind: Kind) -> Response:
        given, content = read_record(call)
        record = self._made(call, kind, given, content)
        location = f"{self._address(call)}/sobjects/{kind.name}/{record.id}"
        response = json_answer({"id": record.id, "success": True, "errors": []}, 201)
        response.headers["location"] = location
        return response

    def _made(
        self, call: Call, kind: Kind, given: dict[str, Any], content: bytes | None, **fixed: str
    ) -> Record:
        if not kind.createable or not self._salesforce.may("create", kind):
            text = f"entity type cannot be inserted: {kind.label}"
            raise ApiError(403, "INSUFFICIENT_ACCESS_OR_READONLY", text, [])
        if content is not None:
            if "VersionData" in given or kind.name != "ContentVersion":
                raise ApiError(400, "INVALID_MULTIPART_REQUEST", "The binary part fits no field.")
            given = {**given, "VersionData": _PLACE}
        values = self._salesforce.bodies.values(kind, given, new=True)
        if content is not None:
            values["VersionData"] = content
        values |= fixed
        assign = kind.name == "Case" and self._assigns(call)
        record = self._rules.make(kind.name, values, self._rules.user_id, assign=assign)
        call.chat = record.id if kind.name == "Case" else str(values.get("ParentId") or "")
        call.applied = f"{kind.name} {record.id} was made"
        return record

    def _assigns(self, call: Call) -> bool:
        asked = call.header("sforce-auto-assign").strip()
        if asked.upper() in {"TRUE", "FALSE"}:
            return asked.upper() == "TRUE"
        if asked and asked not in {RULE_ID, RULE_ID[:15]}:
            raise ApiError(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
        return bool(asked) or self._salesforce.settings.auto_assign

    async def patch(self, call: Call) -> Response:
        """Change a record, or make the one with an external id where there is none."""
        version = self._version(call)
        match segments(call.request):
            case ["sobjects", name, record_id]:
                kind = self._kind(name)
                self._change(call, self._record(kind, record_id))
                return Response(status_code=204)
            case ["sobjects", name, field, value]:
                return self._upsert(call, self._kind(name), field, value, version)
            case _:
                raise not_found()

    def _change(self, call: Call, record: Record) -> None:
        kind = record.kind
        if not kind.createable or not self._salesforce.may("update", kind):
            raise usual(403)
        given, content = read_record(call)
        if content is not None:
            raise usual(415)
        values = self._salesforce.bodies.values(kind, given, new=False)
        self._rules.change(record, values, self._rules.user_id)
        call.chat = record.id if kind.name == "Case" else ""
        call.applied = f"{kind.name} {record.id} was changed"

    def _upsert(self, call: Call, kind: Kind, name: str, value: str, version: int) -> Response:
        field = self._external(kind, name)
        found = self._by_external(kind, field, value)
        if len(found) > 1:
            return self._several(kind, found, call)
        given, content = read_record(call)
        if content is not None:
            raise usual(415)
        if any(one.lower() == field.name.lower() for one in given):
            text = f"The {field.name} field should not be specified in the sobject data."
            raise ApiError(400, "INVALID_FIELD", text)
        if found:
            self._change(call, found[0])
            if version < _TELLS:
                return Response(status_code=204)
            return json_answer({"id": found[0].id, "success": True, "errors": [], "created": False})
        if field.name == "Id" or call.query.get("updateOnly", "").lower() == "true":
            raise not_found()
        if len(value) > field.length:
            text = f"{field.label}: data value too large: {value} (max length={field.length})"
            raise ApiError(400, "STRING_TOO_LONG", text, [field.name])
        record = self._made(call, kind, given, None, **{field.name: value})
        return json_answer({"id": record.id, "success": True, "errors": [], "created": True}, 201)

    async def delete(self, call: Call) -> Response:
        """Delete a record."""
        self._version(call)
        match segments(call.request):
            case ["sobjects", name, record_id]:
                kind = self._kind(name)
                record = self._record(kind, record_id)
                if not self._salesforce.may("delete", kind):
                    raise usual(403)
                self._rules.remove(record)
                call.applied = f"{kind.name} {record.id} was deleted"
                return Response(status_code=204)
            case _:
                raise not_found()
