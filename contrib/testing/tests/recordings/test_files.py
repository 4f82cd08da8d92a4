from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrib.testing.tests.recordings.samples import a_recording
from livechat_sdk_testing.recordings import (
    Recording,
    RecordingError,
    read_folder,
    read_recording,
    recording_text,
    write_recording,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def test_file_reads_like_the_exchange(tmp_path: Path) -> None:
    recording = a_recording(
        method="POST",
        asked={"headers": {"Content-Type": "application/json"}, "json": {"text": "one\ntwo\n", "at": "9:30"}},
        status=201,
        answered={"json": {"ok": True, "why": None, "country": "NO"}},
    )
    path = write_recording(recording, tmp_path)
    assert path == tmp_path / "open" / "created.yaml"
    assert path.read_text("utf-8") == (
        "provenance:\n"
        "  kind: synthesised\n"
        "  source: these tests\n"
        "  date: '2026-11-26'\n"
        "request:\n"
        "  method: POST\n"
        "  url: https://acme.example/v1/things\n"
        "  headers:\n"
        "    content-type: application/json\n"
        "  json:\n"
        "    text: |\n"
        "      one\n"
        "      two\n"
        "    at: 9:30\n"
        "response:\n"
        "  status: 201\n"
        "  json:\n"
        "    ok: true\n"
        "    why: null\n"
        "    country: NO\n"
    )
    assert read_recording(path) == recording


@given(JSON, st.text(max_size=60))
def test_every_json_value_and_text_comes_back_from_its_file(
    tmp_path_factory: pytest.TempPathFactory, value: Any, text: str
) -> None:
    folder = tmp_path_factory.mktemp("recordings")
    recording = a_recording(asked={"json": value}, answered={"text": text})
    found = read_recording(write_recording(recording, folder))
    assert found.request.json_ == value
    assert found.response.text == text


def test_times_and_words_of_yaml_stay_the_text_that_they_are_in_json(tmp_path: Path) -> None:
    path = tmp_path / "open" / "case.yaml"
    path.parent.mkdir()
    path.write_text(
        "provenance: {kind: vendor-docs, source: a page, date: 2026-11-26}\n"
        "request: {method: GET, url: 'https://acme.example/'}\n"
        "response: {status: 200, json: {at: 2026-11-26T09:30:00Z, day: 2026-11-26, pause: 9:30, no: NO}}\n",
        "utf-8",
    )
    assert read_recording(path).response.json_ == {
        "at": "2026-11-26T09:30:00Z",
        "day": "2026-11-26",
        "pause": "9:30",
        "no": "NO",
    }


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: [", "is no YAML"),
        ("request: {}", "provenance: Field required; request.method: Field required"),
        (
            (
                "provenance: {kind: guessed, source: x, date: 2026-11-26}\n"
                "request: {method: GET, url: 'https://a.example/'}\nresponse: {status: 200}"
            ),
            "provenance.kind: Input should be 'recorded', 'vendor-docs' or 'synthesised'",
        ),
        (
            (
                "provenance: {kind: recorded, source: x, date: 2026-11-26}\n"
                "request: {method: GET, url: 'https://a.example/', json: 1, text: a}\nresponse: {status: 200}"
            ),
            "a body is written down in one way, not as json and text",
        ),
        (
            (
                "provenance: {kind: recorded, source: x, date: 2026-11-26}\n"
                "request: {method: GET, url: 'https://a.example/'}\nresponse: {status: 200, base64: '#'}"
            ),
            "this is no base64",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "open" / "case.yaml"
    path.parent.mkdir()
    path.write_text(text, "utf-8")
    with pytest.raises(RecordingError) as caught:
        read_recording(path)
    assert complaint in str(caught.value)


def test_no_file_of_a_folder_is_overlooked(tmp_path: Path) -> None:
    write_recording(a_recording("open/b"), tmp_path)
    write_recording(a_recording("close/a"), tmp_path)
    assert [one.name for one in read_folder(tmp_path)] == ["close/a", "open/b"]
    (tmp_path / "open" / "c.yml").write_text("", "utf-8")
    with pytest.raises(RecordingError, match=r"not <operation>/<case>.yaml: .*c\.yml"):
        read_folder(tmp_path)


def test_empty_folder_proves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="there are no recordings"):
        read_folder(tmp_path)


@pytest.mark.parametrize("name", ["case", "a/b/c", "../case", "open/..", "/case", "open/"])
def test_nothing_is_written_outside_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecordingError, match="is not <operation>/<case>"):
        write_recording(a_recording(name), tmp_path)


@pytest.mark.parametrize(
    ("fields", "content"),
    [
        ({"json": None}, b"null"),
        ({"json": {"a": "é"}}, '{"a":"é"}'.encode()),
        ({"form": [("a", "1"), ("a", "2 3")]}, b"a=1&a=2+3"),
        ({"text": "<a/>"}, b"<a/>"),
        ({"base64": "/wA="}, b"\xff\x00"),
        ({}, b""),
    ],
)
def test_each_way_to_write_a_body_gives_its_bytes(fields: dict[str, Any], content: bytes) -> None:
    assert a_recording(asked=fields).request.content == content


def test_file_of_a_recording_says_nothing_that_is_not_needed() -> None:
    assert "note" not in recording_text(a_recording())
    assert "calls: many" in recording_text(a_recording(calls="many"))
    with pytest.raises(ValueError, match="at least once"):
        Recording.model_validate(a_recording().model_dump(by_alias=True, exclude_unset=True) | {"calls": 0})
