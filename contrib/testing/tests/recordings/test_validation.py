from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contrib.testing.tests.recordings.samples import a_recording
from livechat_sdk_testing.recordings import (
    ApiDocument,
    RecordingError,
    disagreements,
    validate_recordings,
    write_recording,
)

DOCUMENT = """
openapi: 3.1.0
info: {title: Acme, version: "1", x-origin: https://docs.acme.example/api (read 2026-11-26)}
servers: [{url: https://api.acme.example/v1}]
paths:
  /things:
    get:
      parameters:
        - {name: kind, in: query, required: true, schema: {enum: [a, b]}}
        - {$ref: "#/components/parameters/page"}
      responses:
        200: {content: {application/json: {schema: {$ref: "#/components/schemas/things"}}}}
        4XX: {$ref: "#/components/responses/error"}
    post:
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: "#/components/schemas/new"}}
          application/x-www-form-urlencoded: {schema: {type: object, properties: {name: {type: string}}}}
      responses:
        201: {content: {application/json: {schema: {$ref: "#/components/schemas/thing"}}}}
  /things/mine:
    get: {responses: {204: {description: nothing}}}
  /things/{id}:
    get: {responses: {default: {content: {"*/*": {schema: {type: string}}}}}}
components:
  parameters:
    page: {name: page, in: query, schema: {type: string, pattern: "^[0-9]+$"}}
  responses:
    error: {content: {application/json: {schema: {type: object, properties: {error: {type: string}}}}}}
  schemas:
    new: {type: object, required: [name], properties: {name: {type: string}, more: {type: object}}}
    thing:
      allOf:
        - {$ref: "#/components/schemas/new"}
        - type: object
          required: [id]
          properties:
            id: {type: string}
            at: {type: string, format: date-time}
            agent: {oneOf: [{type: "null"}, {type: object, properties: {id: {type: string}}}]}
            tags: {type: object, additionalProperties: {type: object, properties: {x: {type: integer}}}}
    things: {type: object, properties: {things: {type: array, items: {$ref: "#/components/schemas/thing"}}}}
"""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> ApiDocument:
    path = tmp_path_factory.mktemp("api") / "api.yaml"
    path.write_text(DOCUMENT, "utf-8")
    return ApiDocument.read(path)


def complaints(api: ApiDocument, **fields: Any) -> list[str]:
    return [str(one).partition(": ")[2] for one in disagreements(a_recording(**fields), api)]


def made(**body: Any) -> dict[str, Any]:
    return {
        "method": "POST",
        "path": "/v1/things",
        "status": 201,
        "asked": {"json": {"name": "n"}},
        "answered": {"json": {"id": "t-1", "name": "n", **body}},
    }


def test_documented_exchange_is_in_order(api: ApiDocument) -> None:
    assert complaints(api, **made(at="2026-11-26T09:30:00.000Z", agent=None, more={"any": "thing"})) == []
    assert complaints(api, **made(agent={"id": "a"}, tags={"k": {"x": 1}})) == []
    assert complaints(api, path="/v1/things?kind=a&page=2", answered={"json": {"things": []}}) == []
    assert complaints(api, path="/v1/things/mine", status=204) == []
    assert complaints(api, path="/v1/things/t-1", answered={"text": "hello"}) == []
    assert complaints(api, path="/v1/things?kind=a", status=404, answered={"json": {"error": "x"}}) == []


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        (made(id=5), "response: id: 5 is not of type 'string'"),
        (made(at="yesterday"), "response: at: 'yesterday' is not a 'date-time'"),
        (made(at="2026-11-26T09:30:00"), "is not a 'date-time'"),
        (made() | {"asked": {"json": {}}}, "request: the body: 'name' is a required property"),
        (made() | {"asked": {}}, "request: the document demands a body"),
        (made() | {"asked": {"text": "x"}}, "request: a body of text is not documented"),
        (made(surprise=1), "response: surprise is not documented"),
        (made(agent={"id": "a", "badge": 1}), "response: agent.badge is not documented"),
        (made(tags={"k": {"y": 1}}), "response: tags.k.y is not documented"),
        (made() | {"asked": {"json": {"name": "n", "x": 1}}}, "request: x is not documented"),
        (made() | {"asked": {"form": [("surname", "n")]}}, "request: surname is not documented"),
        (made() | {"status": 202}, "response: status 202 is not documented"),
        ({"path": "/v1/other"}, "request: GET /v1/other is not documented"),
        ({"path": "/v2/things"}, "request: GET /v2/things is not documented"),
        ({"path": "/v1/things", "method": "DELETE"}, "request: DELETE /v1/things is not documented"),
        ({"path": "/v1/things"}, "query: kind is missing"),
        ({"path": "/v1/things?kind=c"}, "query: kind: the body: 'c' is not one of ['a', 'b']"),
        ({"path": "/v1/things?kind=a&page=x"}, "query: page: the body: 'x' does not match"),
        ({"path": "/v1/things?kind=a&size=2"}, "query: size is not documented"),
        (
            {
                "path": "/v1/things?kind=a",
                "answered": {"json": {"things": [{"id": "t", "name": "n"}, {"b": 1}]}},
            },
            "response: things[1].b is not documented",
        ),
    ],
)
def test_what_the_document_does_not_have_is_found(
    api: ApiDocument, fields: dict[str, Any], complaint: str
) -> None:
    assert [one for one in complaints(api, **fields) if complaint in one]


def test_placeholders_fit_everywhere(api: ApiDocument) -> None:
    assert complaints(api, **made(id="*", agent="${agent}")) == []


def test_real_recordings_may_know_more_than_the_document_but_not_contradict_it(
    api: ApiDocument, tmp_path: Path
) -> None:
    real = {"kind": "recorded", "source": "an account", "date": "2026-11-26"}
    write_recording(a_recording(**made(surprise=1), provenance=real), tmp_path)
    [note] = validate_recordings(tmp_path, api)
    assert (note.fails, str(note)) == (False, "open/created: response: surprise is not documented")
    write_recording(a_recording("open/wrong", **made(id=5), provenance=real), tmp_path)
    with pytest.raises(RecordingError, match=r"1 disagreements with api\.yaml:\n  open/wrong: response: id"):
        validate_recordings(tmp_path, api)


def test_all_disagreements_of_a_folder_are_listed(api: ApiDocument, tmp_path: Path) -> None:
    write_recording(a_recording("open/a", **made(surprise=1)), tmp_path)
    write_recording(a_recording("open/b", path="/v1/other"), tmp_path)
    with pytest.raises(RecordingError) as caught:
        validate_recordings(tmp_path, api)
    assert "open/a: response: surprise" in str(caught.value)
    assert "open/b: request: GET /v1/other" in str(caught.value)


def test_document_without_an_origin_is_refused() -> None:
    with pytest.raises(RecordingError, match=r"info\.x-origin"):
        ApiDocument({"openapi": "3.1.0", "info": {"title": "Acme"}, "paths": {}})


def test_reference_that_leads_nowhere_is_a_mistake_of_the_document() -> None:
    api = ApiDocument(
        {
            "info": {"x-origin": "a test"},
            "servers": [{"url": "https://a.example/v1"}],
            "paths": {"/things": {"get": {"responses": {"200": {"$ref": "#/components/responses/gone"}}}}},
        }
    )
    with pytest.raises(KeyError):
        disagreements(a_recording(), api)
