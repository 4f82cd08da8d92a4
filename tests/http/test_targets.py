"""Where a call goes: the same address as httpx makes, without the time that it takes."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.http.targets import Params, target_of

BASE = httpx.URL("https://vendor.example/api/v2/")
LETTERS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES = st.one_of(LETTERS, st.integers(), st.booleans(), st.floats(allow_nan=False))


@given(
    st.sampled_from(
        ["tickets", "contacts(7)", "a b", "search?type=user", "", "https://other.example/x?y=%20"]
    ),
    st.dictionaries(LETTERS, st.one_of(VALUES, st.none(), st.lists(VALUES, max_size=3)), max_size=4),
)
def test_fields_of_a_query_are_encoded_as_httpx_encodes_them(path: str, params: Params) -> None:
    whole = path.startswith("https")
    plain = httpx.URL(path if whole else f"{BASE}{path}")
    made = target_of(BASE, path, params)
    wanted = plain.copy_merge_params(params)
    if not wanted.query:
        wanted = plain  # httpx leaves a lonely question mark where the only field is an empty list
    assert (made, made.raw_path, made.query) == (wanted, wanted.raw_path, wanted.query)
    assert httpx.URL(str(made)) == made


def test_the_address_that_others_share_stays_as_it_is() -> None:
    first = target_of(BASE, "tickets", {"external_id": "1"})
    assert str(target_of(BASE, "tickets", None)) == f"{BASE}tickets"
    assert str(first) == f"{BASE}tickets?external_id=1"


def test_an_address_that_is_too_long_is_refused() -> None:
    with pytest.raises(httpx.InvalidURL, match="too long"):
        target_of(BASE, "tickets", {"query": "x" * 70_000})


def test_an_httpx_that_keeps_its_addresses_otherwise_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: httpx.URL, query: str) -> httpx.URL:
        raise AttributeError("_uri_reference")

    monkeypatch.setattr("livechat_sdk.http.targets._with_query", refuse)
    assert str(target_of(BASE, "tickets", {"q": "a b"})) == f"{BASE}tickets?q=a+b"
