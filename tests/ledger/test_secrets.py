from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from livechat_sdk.domain.chats import Chat
from livechat_sdk.errors import ConfigurationError, StoreError
from livechat_sdk.ledger.secrets import SecretBox, StoreKeys, key_file_of, read_key_file
from livechat_sdk.ledger.sqlite import SqliteStore
from livechat_sdk.lifecycle.effects import EraseSecrets, SaveChat
from tests.ledger.builders import Story, content_of

CANARY = "canary-7f3a9c-of-the-session"
OLD = "old-key-" + "o" * 32
NEW = "new-key-" + "n" * 32
PLACE = ("default", "h1", 1)


def keys(*texts: str) -> StoreKeys:
    return StoreKeys.from_texts(texts)


def box(*texts: str) -> SecretBox:
    return SecretBox(lambda: keys(*texts))


def a_chat() -> Chat:
    return Chat(
        integration="desk", handoff_id="h1", ref="h1.1", vendor_ref="v1", secrets={"token": SecretStr(CANARY)}
    )


@given(st.dictionaries(st.text(), st.text()))
def test_what_is_sealed_opens_again(secrets: dict[str, str]) -> None:
    sealed = box(OLD).seal({name: SecretStr(value) for name, value in secrets.items()}, PLACE)

    opened = box(OLD).open(sealed, PLACE)

    assert {name: secret.get_secret_value() for name, secret in opened.items()} == secrets


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    one = box(OLD)
    assert one.seal({"t": SecretStr("x")}, PLACE) != one.seal({"t": SecretStr("x")}, PLACE)


@pytest.mark.parametrize(
    "place", [("other", "h1", 1), ("default", "h2", 1), ("default", "h1", 2), ("default", "h1", "1")]
)
def test_it_opens_at_its_own_place_only(place: tuple[str | int, ...]) -> None:
    sealed = box(OLD).seal({"t": SecretStr("x")}, PLACE)

    with pytest.raises(StoreError, match="changed or moved"):
        box(OLD).open(sealed, place)


def test_a_changed_byte_anywhere_is_noticed() -> None:
    sealed = box(OLD).seal({"t": SecretStr("x")}, PLACE)
    for index in range(len(sealed)):
        changed = sealed[:index] + bytes([sealed[index] ^ 1]) + sealed[index + 1 :]
        with pytest.raises(StoreError):
            box(OLD).open(changed, PLACE)


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\x02" + b"x" * 60])
def test_an_unknown_format_is_refused(blob: bytes) -> None:
    with pytest.raises(StoreError, match="unknown format"):
        box(OLD).open(blob, PLACE)


def test_while_a_key_is_rotated_both_open_and_the_new_one_seals() -> None:
    before = box(OLD).seal({"t": SecretStr("x")}, PLACE)
    both = box(NEW, OLD)

    assert both.open(before, PLACE)["t"].get_secret_value() == "x"
    after = both.seal({"t": SecretStr("y")}, PLACE)
    assert box(NEW).open(after, PLACE)["t"].get_secret_value() == "y"
    with pytest.raises(StoreError, match="is missing"):
        box(OLD).open(after, PLACE)


def test_a_missing_key_is_named_by_its_id() -> None:
    sealed = box(OLD).seal({"t": SecretStr("x")}, PLACE)
    key_id = sealed[1:9].decode()

    with pytest.raises(StoreError, match=rf"the store key {key_id} .* is missing"):
        box(NEW).open(sealed, PLACE)


def test_keys_do_not_show() -> None:
    assert "key-" not in repr(keys(NEW, OLD))
    assert keys(NEW).keys[0].hex() not in repr(keys(NEW))


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ([], "got 0"),
        ([OLD, NEW, OLD], "got 3"),
        (["short"], "at least 32"),
        ([f"{' ' * 40}x"], "at least 32"),
    ],
)
def test_bad_keys_are_refused_without_being_repeated(texts: list[str], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        StoreKeys.from_texts(texts)

    assert all(text not in str(caught.value) for text in texts)


def test_a_key_may_be_a_secret_of_the_settings() -> None:
    assert StoreKeys.from_texts([SecretStr(OLD)]) == keys(OLD)
    assert keys(f" {OLD}\n") == keys(OLD)
    assert keys(OLD) != keys(NEW)


def test_a_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db.key"

    made = read_key_file(path, create=True)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_key_file(path, create=True) == made
    assert read_key_file(path, create=False) == made
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "ledger.db.key"
    read_key_file(path, create=True)
    path.chmod(mode)

    with pytest.raises(StoreError, match="chmod 600"):
        read_key_file(path, create=False)


def test_a_missing_or_empty_key_file_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db.key"
    with pytest.raises(StoreError, match="is missing"):
        read_key_file(path, create=False)
    path.touch(0o600)
    with pytest.raises(StoreError, match="holds no key"):
        read_key_file(path, create=True)
    with pytest.raises(StoreError, match="cannot be read or made"):
        read_key_file(tmp_path, create=True)


async def test_no_secret_is_ever_in_a_file_in_clear(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "ledger.db")
    await store.open()
    story = Story(store)
    await story.start()

    await story.note(SaveChat(chat=a_chat()))

    assert b"h1.1" in content_of(tmp_path)  # the row is there, in the write-ahead log
    assert CANARY.encode() not in content_of(tmp_path)
    assert await store.chat("h1", 1) == a_chat()
    await store.close()
    assert b"h1.1" in (tmp_path / "ledger.db").read_bytes()
    assert CANARY.encode() not in content_of(tmp_path)


async def test_a_key_file_is_made_at_the_first_need(sqlite: SqliteStore) -> None:
    story = Story(sqlite)
    await story.start()
    await story.note(SaveChat(chat=a_chat().model_copy(update={"secrets": {}})))
    assert not key_file_of(sqlite.path).exists()

    await story.note(SaveChat(chat=a_chat()))

    assert key_file_of(sqlite.path).exists()


async def test_with_a_key_from_the_settings_there_is_no_key_file(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "ledger.db", key=keys(OLD))
    await store.open()
    story = Story(store)
    await story.start()
    await story.note(SaveChat(chat=a_chat()))
    await store.close()
    assert not key_file_of(store.path).exists()

    other = SqliteStore(tmp_path / "ledger.db", key=keys(NEW))
    await other.open()
    with pytest.raises(StoreError, match="is missing"):
        await other.chat("h1", 1)
    assert await other.load("h1") is not None
    await other.close()

    rotated = SqliteStore(tmp_path / "ledger.db", key=keys(NEW, OLD))
    await rotated.open()
    assert await rotated.chat("h1", 1) == a_chat()
    await rotated.close()


async def test_a_lost_key_file_is_a_clear_error_and_erasing_needs_none(sqlite: SqliteStore) -> None:
    story = Story(sqlite)
    await story.start()
    await story.note(SaveChat(chat=a_chat()))
    await sqlite.close()
    key_file_of(sqlite.path).unlink()
    reader = SqliteStore.reader(sqlite.path)
    await reader.open()

    with pytest.raises(StoreError, match=r"key file .* is missing"):
        await reader.chat("h1", 1)
    await reader.close()

    await sqlite.open()
    await story.note(EraseSecrets())
    chat = await sqlite.chat("h1", 1)
    assert chat is not None
    assert chat.secrets == {}


async def test_a_key_file_that_others_can_read_stops_the_write_of_that_chat_only(sqlite: SqliteStore) -> None:
    story = Story(sqlite)
    await story.start()
    key_file_of(sqlite.path).write_text("k" * 43)
    key_file_of(sqlite.path).chmod(0o644)

    with pytest.raises(StoreError, match="chmod 600"):
        await story.note(SaveChat(chat=a_chat()))
    assert await sqlite.chat("h1", 1) is None

    key_file_of(sqlite.path).chmod(0o600)
    await story.note(SaveChat(chat=a_chat()))
    assert await sqlite.chat("h1", 1) == a_chat()


async def test_credentials_that_were_moved_to_another_chat_do_not_open(sqlite: SqliteStore) -> None:
    story = Story(sqlite)
    await story.start()
    await story.note(SaveChat(chat=a_chat()), SaveChat(chat=a_chat().model_copy(update={"attempt": 2})))
    with closing(sqlite3.connect(sqlite.path)) as db:
        db.execute(
            "UPDATE chats SET secrets = (SELECT secrets FROM chats WHERE attempt = 1) WHERE attempt = 2"
        )
        db.commit()

    assert await sqlite.chat("h1", 1) == a_chat()
    with pytest.raises(StoreError, match="changed or moved"):
        await sqlite.chat("h1", 2)
