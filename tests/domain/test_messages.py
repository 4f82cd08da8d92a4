"""Messages: their size, their keys, and text that is no text."""

from __future__ import annotations

import json

import hypothesis.strategies as st
import pytest
from hypothesis import given
from pydantic import ValidationError

from livechat_sdk.domain.messages import (
    MAX_MESSAGE_BYTES,
    Attachment,
    Fate,
    LedgerEntry,
    Message,
    TranscriptEntry,
    UserReceipt,
)
from tests.domain.values import letters


def test_text_is_a_message_with_a_fresh_key() -> None:
    first, second = Message.text("hello"), Message.text("hello")
    assert first.body == "hello"
    assert first.key != second.key
    assert len(first.key) == 32


def test_key_that_is_given_is_kept() -> None:
    assert Message.text("hello", key="m-1") == Message.text("hello", key="m-1")


def test_same_words_under_another_key_are_another_message() -> None:
    assert Message.text("hello", key="m-1") != Message.text("hello", key="m-2")


@given(body=st.text(letters, max_size=200))
def test_size_is_that_of_the_content_as_json_in_bytes(body: str) -> None:
    message = Message(key="k", body=body)
    content = json.dumps(message.model_dump(), ensure_ascii=False, separators=(",", ":"))
    assert message.size == len(content.encode())
    assert message.size >= len(body.encode())


def test_size_counts_bytes_and_not_characters() -> None:
    plain, greek = Message(key="k", body="a" * 100), Message(key="k", body="α" * 100)
    assert greek.size - plain.size == 100


def test_size_counts_everything_that_a_message_carries() -> None:
    bare = Message(key="k", body="see file")
    loaded = bare.model_copy(
        update={
            "attachments": (Attachment(url="https://files.example/1", name="bill.pdf"),),
            "metadata": {"note": "x" * 1000},
        }
    )
    assert loaded.size > bare.size + 1000


def test_limit_lets_ordinary_messages_pass_and_no_book() -> None:
    assert Message(body="x" * 60_000).size < MAX_MESSAGE_BYTES
    assert Message(body="x" * MAX_MESSAGE_BYTES).size > MAX_MESSAGE_BYTES


@pytest.mark.parametrize("body", ["\ud800", "half an emoji \udc00"])
def test_half_a_character_is_replaced_and_the_message_is_not_lost(body: str) -> None:
    message = Message(key="k", body=body)
    assert message.body == body[:-1] + "\ufffd"
    assert message.size == len(message.model_dump_json().encode())
    assert Message.model_validate_json(message.model_dump_json()) == message


def test_what_postgresql_does_not_take_is_left_out() -> None:
    assert Message(key="k", body="a\x00b").body == "ab"


def test_two_halves_make_a_whole() -> None:
    assert Message(key="k", body="\ud83d\udc4d").body == "👍"


@pytest.mark.parametrize("body", ["", "plain", "καλημέρα", "👍", "\ufffd", "a\x01b", "\u2028"])
def test_whole_characters_stay_as_they_are(body: str) -> None:
    assert Message(key="k", body=body).body == body


@pytest.mark.parametrize("size", [-1, 1.5, "big"])
def test_size_of_a_file_is_a_count(size: object) -> None:
    with pytest.raises(ValidationError):
        Attachment.model_validate({"url": "https://files.example/1", "name": "bill.pdf", "size": size})


@pytest.mark.parametrize("author", ["user", "bot", "agent", "system"])
def test_transcript_knows_who_may_speak(author: str) -> None:
    assert TranscriptEntry.model_validate({"author": author, "body": "hi"}).author == author


@pytest.mark.parametrize("author", ["note", "operator", "customer", ""])
def test_note_is_nothing_that_anybody_said(author: str) -> None:
    with pytest.raises(ValidationError):
        TranscriptEntry.model_validate({"author": author, "body": "hi"})
    assert "note" not in LedgerEntry.model_fields


@pytest.mark.parametrize("status", ["sent", "seen", ""])
def test_receipt_says_delivered_or_read(status: str) -> None:
    with pytest.raises(ValidationError):
        UserReceipt.model_validate({"message_key": "a-1", "status": status})


def test_fates_are_those_of_the_promise() -> None:
    assert [fate.value for fate in Fate] == [
        *("held", "planned", "sent", "acknowledged", "seen"),
        *("doubtful", "refused", "dropped"),
    ]
