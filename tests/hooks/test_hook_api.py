"""Which hook API a plugin asks for, and what it is told when this is another one."""

from __future__ import annotations

import operator
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.handoff import Route
from livechat_sdk.errors import PluginError
from livechat_sdk.hooks import HOOK_API, Hooks, hookimpl
from livechat_sdk.hooks.hook_api import HookApiRange, refusal
from tests.hooks.samples import ROUTE

SIGNS = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
VERSIONS = st.tuples(st.integers(0, 5), st.integers(0, 20))


@given(st.lists(st.tuples(st.sampled_from(sorted(SIGNS)), VERSIONS), min_size=1, max_size=4), VERSIONS)
def test_range_allows_what_every_comparison_allows(
    clauses: list[tuple[str, tuple[int, int]]], version: tuple[int, int]
) -> None:
    text = " , ".join(f"{sign} {major}.{minor}" for sign, (major, minor) in clauses)
    expected = all(SIGNS[sign](version, bound) for sign, bound in clauses)
    assert HookApiRange.parse(text).allows(version) is expected
    assert (refusal(text, version) is None) is expected


@given(st.text(alphabet=">=<!~. ,0123456789ax\n٣", max_size=30))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    why = refusal(text, (1, 0))
    if why is not None and "cannot be understood" in why:
        assert "cannot read '" in why
    else:
        assert len(HookApiRange.parse(text).clauses) == text.count(",") + 1


@pytest.mark.parametrize(
    ("text", "allowed", "refused"),
    [
        (">=1.0,<2", [(1, 0), (1, 99)], [(0, 9), (2, 0)]),
        (">=1.2", [(1, 2), (1, 10), (2, 0)], [(1, 1)]),
        ("==1", [(1, 0)], [(1, 1)]),
        (">1,!=1.2", [(1, 1), (1, 3)], [(1, 0), (1, 2)]),
        ("<=1.3", [(0, 0), (1, 3)], [(1, 4)]),
    ],
)
def test_missing_minor_number_is_zero_and_ten_comes_after_nine(
    text: str, allowed: list[tuple[int, int]], refused: list[tuple[int, int]]
) -> None:
    wanted = HookApiRange.parse(text)
    assert all(wanted.allows(version) for version in allowed)
    assert not any(wanted.allows(version) for version in refused)


@pytest.mark.parametrize(
    "text",
    ["", "1.0", ">=1.0,", "~=1.0", ">=1.0.0", ">=1.x", ">= ", ">=1 <2", "=>1", ">=1." + "1" * 9, "<" * 999],
)
def test_what_is_no_range_is_refused_with_an_example(text: str) -> None:
    why = refusal(text, (1, 0))
    assert why is not None
    assert "cannot be understood" in why
    assert 'LIVECHAT_HOOK_API = ">=1.0,<2"' in why


@pytest.mark.parametrize("declared", [(1, 0), 1, 1.0, ["<2"]])
def test_what_is_no_text_is_refused_with_its_type(declared: object) -> None:
    why = refusal(declared, (1, 0))
    assert why is not None
    assert why.startswith(f"LIVECHAT_HOOK_API is a {type(declared).__name__}, not a text")


@pytest.mark.parametrize(
    ("declared", "have", "fix"),
    [
        (">=1.3,<2", (1, 0), "install a newer livechat-sdk: pip install --upgrade livechat-sdk"),
        ("==1.3", (1, 0), "install a newer livechat-sdk: pip install --upgrade livechat-sdk"),
        (">1", (1, 0), "install a newer livechat-sdk: pip install --upgrade livechat-sdk"),
        (">=1.3,<2", (2, 1), "install a version of the plugin for hook API 2.1, or an older livechat-sdk"),
        ("==1.0", (1, 1), "install a version of the plugin for hook API 1.1, or an older livechat-sdk"),
        ("!=1.1", (1, 1), "install a version of the plugin for hook API 1.1, or an older livechat-sdk"),
    ],
)
def test_refusal_states_both_numbers_and_the_fix(declared: str, have: tuple[int, int], fix: str) -> None:
    assert (
        refusal(declared, have)
        == f"it needs hook API {declared}, this livechat-sdk has {have[0]}.{have[1]}; {fix}"
    )


class Acme:
    LIVECHAT_HOOK_API: Any = None

    @hookimpl
    async def livechat_route(self) -> Route:
        return ROUTE


def test_plugin_for_another_hook_api_is_refused_by_name() -> None:
    plugin = Acme()
    plugin.LIVECHAT_HOOK_API = f">={HOOK_API[0] + 1}.4"
    here = ".".join(map(str, HOOK_API))
    message = f"plugin 'acme': it needs hook API {plugin.LIVECHAT_HOOK_API}, this livechat-sdk has {here}; "
    with pytest.raises(PluginError, match=re.escape(message)):
        Hooks().register(plugin, "acme")


@pytest.mark.parametrize("declared", [None, f">={HOOK_API[0]}.{HOOK_API[1]}", f"<{HOOK_API[0] + 1}"])
def test_plugin_for_this_hook_api_or_without_a_word_is_taken(declared: str | None) -> None:
    plugin = Acme()
    plugin.LIVECHAT_HOOK_API = declared
    assert Hooks().register(plugin, "acme") == "acme"
