"""Bodies of webhooks: a JSON object that can be stored, or a refusal with 400."""

from __future__ import annotations

import json

import pytest

from livechat_sdk.errors import WebhookRejected
from livechat_sdk.provider import read_json_object


def test_object_is_read_as_it_is() -> None:
    document = {"id": "e-1", "n": [1, 2.5, None, True], "text": "Γειά 👋", "deep": {"a": {"b": {}}}}
    assert read_json_object(json.dumps(document).encode()) == document
    assert read_json_object(json.dumps(document, ensure_ascii=False).encode()) == document


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"][",
        b"[]",
        b'"text"',
        b"null",
        b"5",
        b'{"a": 1',
        b'{"a": 1} x',
        b"\xff\xfe{}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": [1, 1e999]}',
        b'{"a": "\\ud800"}',
        b'{"a": "\xff"}',
        b'{"a":' + b"[" * 100 + b"]" * 100 + b"}",
        b'{"a":' * 70 + b"1" + b"}" * 70,
        b"[" * 1_000_000,
        b'{"a":' * 200_000,
    ],
    ids=lambda body: repr(body[:30]),
)
def test_what_cannot_be_stored_is_refused_without_a_word_of_it(body: bytes) -> None:
    with pytest.raises(WebhookRejected) as caught:
        read_json_object(body)
    assert (caught.value.status, caught.value.code) == (400, "unreadable")
    assert len(str(caught.value)) < 120


def test_sixty_levels_are_fine() -> None:
    read_json_object(b'{"a":' * 60 + b"1" + b"}" * 60)
