"""Holds recordings against the vendor's API document.

The document is the small part of the vendor's API that is needed, as data: an OpenAPI 3.1 document in YAML
with the operations used, ``info.x-origin`` saying where its facts come from. Requests and answers must fit
their JSON Schemas, and what the document does not name (an operation, a status, a query parameter, a field)
fails too, unless the exchange was recorded from a real account: then the document is what is behind, and the
finding is a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlsplit

from livechat_sdk_testing.recordings.files import RecordingError, load_yaml, read_folder
from livechat_sdk_testing.recordings.model import Body, Recording
from livechat_sdk_testing.recordings.schemas import Document, undocumented, violations

__all__ = ["ApiDocument", "Disagreement", "disagreements", "validate_recordings"]

_PARAMETER: Final = re.compile(r"\\\{[^{}]+\\\}")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Where a recording and the document differ. ``fails`` is false for what a real vendor added."""

    recording: str
    where: str
    what: str
    fails: bool = True

    def __str__(self) -> str:
        return f"{self.recording}: {self.where}: {self.what}"


class ApiDocument:
    """A vendor's API as far as it is needed.

    Raises ``RecordingError`` when it does not say where it comes from.
    """

    def __init__(self, content: Mapping[str, Any], *, name: str = "the API document") -> None:
        origin = content.get("info", {}).get("x-origin")
        if not origin:
            raise RecordingError(f"{name} does not say in info.x-origin where its facts come from")
        self.name = name
        self.schemas = Document(content)
        self.bases = [str(one["url"]).rstrip("/") for one in content.get("servers", [])]
        self._operations = [
            (method.upper(), _pattern(path), path, cast("Mapping[str, Any]", operation))
            for path, methods in content.get("paths", {}).items()
            for method, operation in methods.items()
            if method in {"get", "put", "post", "delete", "patch", "head", "options"}
        ]
        # `/chats/mine` before `/chats/{id}`
        self._operations.sort(key=lambda one: one[2].count("{"))

    @classmethod
    def read(cls, path: Path) -> ApiDocument:
        """From a YAML file."""
        return cls(load_yaml(path), name=path.name)

    def operation(self, method: str, url: str) -> Mapping[str, Any] | None:
        """The operation that a call is, by the path of its address."""
        paths = [self._below_base(url)]
        for wanted, pattern, _, operation in self._operations:
            if wanted == method and any(path is not None and pattern.fullmatch(path) for path in paths):
                return operation
        return None

    def _below_base(self, url: str) -> str | None:
        """The path below one of ``servers``, of which only the paths count: recorded hosts are stand-ins."""
        path = urlsplit(url).path or "/"
        prefixes = [urlsplit(base).path for base in self.bases] or [""]
        return next((path[len(one) :] or "/" for one in prefixes if path.startswith(f"{one}/")), None)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(_PARAMETER.sub("[^/]+", re.escape(path)))


def validate_recordings(folder: Path, document: Path | ApiDocument) -> list[Disagreement]:
    """Hold every recording of a folder against the document.

    Returns what real recordings have and the document has not; raises ``RecordingError`` that lists
    everything else.
    """
    api = document if isinstance(document, ApiDocument) else ApiDocument.read(document)
    found = [one for recording in read_folder(folder) for one in disagreements(recording, api)]
    failing = [one for one in found if one.fails]
    if failing:
        listed = "".join(f"\n  {one}" for one in failing)
        raise RecordingError(f"{len(failing)} disagreements with {api.name}:{listed}")
    return found


def disagreements(recording: Recording, api: ApiDocument) -> list[Disagreement]:
    """Where one recording and the document differ."""
    real = recording.provenance.kind == "recorded"

    def new(where: str, what: str) -> Disagreement:
        return Disagreement(recording.name, where, what, fails=not real)

    def wrong(where: str, what: str) -> Disagreement:
        return Disagreement(recording.name, where, what)

    request, response = recording.request, recording.response
    operation = api.operation(request.method, request.url)
    if operation is None:
        return [new("request", f"{request.method} {urlsplit(request.url).path} is not documented")]
    found: list[Disagreement] = []
    found += [new("query", what) for what in _unknown_parameters(operation, request.url, api.schemas)]
    found += [wrong("query", what) for what in _wrong_parameters(operation, request.url, api.schemas)]
    answers = api.schemas.follow(operation.get("responses", {}))
    answer = _answer(answers, response.status)
    if answer is None:
        found.append(new("response", f"status {response.status} is not documented"))
    sides: list[tuple[str, Body, str, Mapping[str, Any] | None]] = [
        ("request", request, _type_of(request.headers), operation.get("requestBody", {})),
        ("response", response, _type_of(response.headers), answer),
    ]
    for side, body, media_type, described in sides:
        if described is None:
            continue
        content = api.schemas.follow(described).get("content", {})
        if side == "request" and not body.ways and api.schemas.follow(described).get("required"):
            found.append(wrong(side, "the document demands a body"))
        schema = _schema_for(content, media_type, body)
        if body.ways and schema is None:
            found.append(new(side, f"a body of {media_type or body.ways[0]} is not documented"))
        if schema is None or not body.ways:
            continue
        value = _value(body)
        found += [wrong(side, what) for what in violations(api.schemas, schema, value)]
        found += [
            new(side, f"{place} is not documented") for place in undocumented(api.schemas, schema, value)
        ]
    return found


def _answer(answers: Mapping[Any, Any], status: int) -> Mapping[str, Any] | None:
    """The documented answer with a status: exactly, as ``4XX``, or any."""
    by_name = {str(key).upper(): one for key, one in answers.items()}
    for name in (str(status), f"{status // 100}XX", "DEFAULT"):
        if name in by_name:
            return cast("Mapping[str, Any]", by_name[name])
    return None


def _type_of(headers: Mapping[str, Any]) -> str:
    value = headers.get("content-type", "")
    return str(value).partition(";")[0].strip().lower()


def _schema_for(content: Mapping[str, Any], media_type: str, body: Body) -> Mapping[str, Any] | None:
    guess = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
    names = [media_type or guess.get(body.ways[0] if body.ways else "", ""), "*/*"]
    for name in names:
        if name in content:
            return cast("Mapping[str, Any]", content[name].get("schema", {}))
    return None


def _value(body: Body) -> Any:
    """What a schema is held against: JSON as it is, a form as an object, anything else as text."""
    match body.ways:
        case ["json"]:
            return body.json_
        case ["form"]:
            return {
                name: one if isinstance(one, str) else list(one) for name, one in (body.form or {}).items()
            }
        case _:
            return body.text if body.text is not None else body.base64


def _parameters(operation: Mapping[str, Any], schemas: Document) -> dict[str, Mapping[str, Any]]:
    listed = [schemas.follow(one) for one in cast("Sequence[Any]", operation.get("parameters", []))]
    return {str(one["name"]): one for one in listed if one.get("in") == "query"}


def _unknown_parameters(operation: Mapping[str, Any], url: str, schemas: Document) -> Iterator[str]:
    known = _parameters(operation, schemas)
    for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True):
        if name not in known:
            yield f"{name} is not documented"


def _wrong_parameters(operation: Mapping[str, Any], url: str, schemas: Document) -> Iterator[str]:
    known = _parameters(operation, schemas)
    given = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    for name, one in known.items():
        if one.get("required") and name not in given:
            yield f"{name} is missing"
        if name in given:
            yield from (f"{name}: {what}" for what in violations(schemas, one.get("schema", {}), given[name]))
