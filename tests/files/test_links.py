"""Links expire, rotate with the keys, and nobody else can make one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from livechat_sdk.files.links import Links, LinkTrouble

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ID = "0123456789abcdef0123456789abcdef"
KEY, OTHER = b"k" * 32, b"o" * 32


def links(*keys: bytes) -> Links:
    return Links(lambda: keys or (KEY,), public_url="https://chat.example.com", lifetime=3600)


def why(links: Links, token: str, now: datetime = NOON) -> str:
    with pytest.raises(LinkTrouble) as trouble:
        links.read(token, now)
    return trouble.value.why


def test_a_link_says_which_file_for_whom_and_until_when() -> None:
    url = links().url(ID, "vendor", NOON)
    assert url is not None
    assert url.startswith("https://chat.example.com/files/")
    token = links().token_in(url)
    assert token is not None
    read = links().read(token, NOON)
    assert (read.file_id, read.purpose, read.expires_at) == (ID, "vendor", NOON + timedelta(hours=1))


def test_a_link_is_good_until_its_last_second_and_expired_after() -> None:
    token = links().token(ID, "platform", NOON)
    assert links().read(token, NOON - timedelta(seconds=1)).file_id == ID
    assert why(links(), token, NOON) == "expired"
    assert why(links(), token, NOON + timedelta(days=4000)) == "expired"


def test_without_an_address_there_are_no_links() -> None:
    silent = Links(lambda: (KEY,))
    assert silent.url(ID, "platform", NOON) is None
    assert silent.token_in("https://chat.example.com/files/x") is None


def test_keys_rotate() -> None:
    old = links(KEY).token(ID, "platform", NOON)
    assert links(OTHER, KEY).read(old, NOON - timedelta(hours=1)).file_id == ID
    assert why(links(OTHER), old, NOON - timedelta(hours=1)) == "wrong"
    new = links(OTHER, KEY).token(ID, "platform", NOON)
    assert why(links(KEY), new, NOON - timedelta(hours=1)) == "wrong", "the first key signs"


def test_no_single_change_of_a_token_is_accepted() -> None:
    token = links().token(ID, "platform", NOON)
    before = NOON - timedelta(hours=1)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    tried = 0
    for place, present in enumerate(token):
        for other in alphabet:
            if other != present:
                assert why(links(), token[:place] + other + token[place + 1 :], before) == "wrong"
                tried += 1
    assert tried > 3000


def test_a_longer_life_cannot_be_claimed() -> None:
    token = links().token(ID, "platform", NOON)
    assert why(links(), token, NOON) == "expired"
    forged = links(OTHER).token(ID, "platform", NOON + timedelta(days=1))
    assert why(links(), forged, NOON) == "wrong", "what is not ours is never said to have expired"
    assert why(links(), links(OTHER).token(ID, "platform", NOON - timedelta(days=1))) == "wrong"


@pytest.mark.parametrize(
    "token",
    ["", "x", "=" * 60, "A" * 60, "A" * 61, "é" * 60, "A" * 1000, "../" * 20, "18FAatQqwplZ2ScsrLYz" * 3],
)
def test_nonsense_is_wrong(token: str) -> None:
    assert why(links(), token) == "wrong"
