"""No hook without documentation, a section in the reference, a test named after it, and a plugin using it."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from livechat_sdk.hooks import Hooks
from livechat_sdk.hooks.checking import SPECS
from tests.hooks.proofs import functions, implemented_in, missing
from tests.tree import ROOT
from tools.hook_reference import FACTS, PAGE, Hook, hooks, read_hook, render, updated

BUILT_IN = [
    *(ROOT / "src/livechat_sdk/policies").rglob("*.py"),
    ROOT / "providers/helvia/src/livechat_sdk_helvia/plugin.py",
    *(ROOT / "examples").glob("*.py"),
]
TESTS = [*(ROOT / "tests").rglob("test_*.py"), *ROOT.glob("providers/*/tests/**/test_*.py")]
ALL_HOOKS = list(hooks())


def test_the_specifications_are_all_looked_at() -> None:
    assert sorted(hook.name for hook in ALL_HOOKS) == sorted(SPECS)
    assert len(ALL_HOOKS) == 12


@pytest.mark.parametrize("hook", ALL_HOOKS, ids=lambda hook: hook.name)
def test_hook_is_documented_tested_and_used(hook: Hook) -> None:
    lacks = missing(
        hook,
        page=PAGE.read_text("utf-8"),
        tests={function.name for function in functions(TESTS)},
        implemented=implemented_in(BUILT_IN),
    )
    assert not lacks, f"{hook.name}: {'; '.join(lacks)}"


@pytest.mark.parametrize("hook", ALL_HOOKS, ids=lambda hook: hook.name)
def test_hook_has_a_typed_method_that_names_it(hook: Hook) -> None:
    named = [
        name
        for name, value in inspect.getmembers(Hooks)
        if f"``{hook.name}``" in (getattr(value, "__doc__", "") or "")
    ]
    assert len(named) == 1, f"{hook.name} is called by {named or 'nobody'}"


def test_reference_page_is_in_step_with_the_specifications() -> None:
    page = PAGE.read_text("utf-8")
    assert updated(page) == page, "run: python -m tools.hook_reference"


# ------------------------------------------------------------------------------ the checker itself is checked
def livechat_bare(self: object, request: str) -> None: ...


def livechat_full(self: object, request: str) -> str | None:
    """Do a thing.

    More about it.
    When: always. Combining: first answer
    wins; see above. Failure: none.
    Time limit: none. Since: hook API 1.0.
    """


def test_specification_is_taken_apart() -> None:
    hook = read_hook(livechat_full, "A family")
    assert hook.signature == "def livechat_full(request: str) -> str | None: ..."
    assert hook.text == "Do a thing.\n\nMore about it."
    assert hook.facts == {
        "When": "always.",
        "Combining": "first answer wins; see above.",
        "Failure": "none.",
        "Time limit": "none.",
        "Since": "hook API 1.0.",
    }


def test_hook_that_lacks_everything_is_told_everything() -> None:
    lacks = missing(read_hook(livechat_bare, ""), page="", tests=["test_livechat_barely"], implemented=[])
    assert lacks == [
        "its specification does not say what it is for",
        *(f"its docstring does not say `{fact}:`" for fact in FACTS),
        "docs/reference/hooks.md has no section about it",
        "no test is named after it: test_livechat_bare_...",
        "no plugin that we ship implements it",
    ]


def test_hook_that_has_everything_lacks_nothing() -> None:
    hook = read_hook(livechat_full, "")
    page = f"# Hooks\n\n### livechat_full\n\n```python\n{hook.signature}\n```\n"
    proofs = {"tests": ["test_livechat_full_works"], "implemented": ["livechat_full"]}
    assert missing(hook, page=page, **proofs) == []
    outdated = page.replace("request: str", "request: int")
    assert missing(hook, page=outdated, **proofs) == [
        "its section in docs/reference/hooks.md does not show its exact signature"
    ]
    elsewhere = page.replace("### livechat_full\n", "### livechat_full\n\n### livechat_other\n")
    assert len(missing(hook, page=elsewhere, **proofs)) == 1


def test_only_marked_functions_are_implementations(tmp_path: Path) -> None:
    source = tmp_path / "plugin.py"
    source.write_text(
        "import livechat_sdk\n"
        "from livechat_sdk.hooks import hookimpl\n"
        "def livechat_route(): ...\n"
        "class Plugin:\n"
        "    @hookimpl\n"
        "    async def livechat_find_contact(self): ...\n"
        "    @hookimpl(trylast=True)\n"
        "    def livechat_get_contact(self): ...\n"
        "    @livechat_sdk.hookimpl(specname='livechat_create_ticket')\n"
        "    def create(self): ...\n"
        "    @property\n"
        "    def livechat_list_tickets(self): ...\n",
        "utf-8",
    )
    assert implemented_in([source]) == {
        "livechat_find_contact",
        "livechat_get_contact",
        "livechat_create_ticket",
    }


def test_text_around_the_made_part_is_kept() -> None:
    page = PAGE.read_text("utf-8")
    changed = "Before.\n" + page.replace(render(), "something else\n") + "After.\n"
    assert updated(changed) == f"Before.\n{page}After.\n"
