"""Translating and suggesting: what the hooks pass on, and the two example plugins behind them."""

from __future__ import annotations

import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.hooks import Hooks, hookimpl
from tests.hooks.samples import HANDOFF, stat
from tests.tree import ROOT

SAID = (TranscriptEntry(author="user", body="Where is my parcel?"),)


def example(name: str, cls: str) -> Any:
    """A class of one of the example plugins."""
    return runpy.run_path(str(ROOT / "examples" / f"{name}.py"))[cls]


async def test_livechat_translate_takes_the_first_translation() -> None:
    class Knows:
        @hookimpl
        async def livechat_translate(self, text: str, source: str, target: str) -> str | None:
            return f"{text} ({source} > {target})" if text == "Hello" else None

    class Abstains:
        @hookimpl
        async def livechat_translate(self) -> str | None:
            return None

    hooks = Hooks()
    assert await hooks.translate("Hello", "en", "el") is None, "nobody translates"
    hooks.register(Knows())
    hooks.register(Abstains())
    assert await hooks.translate("Hello", "en", "el") == "Hello (en > el)"
    assert await hooks.translate("Bye", "en", "el") is None


@pytest.mark.parametrize("answer", ["", " \n", "x" * 65_537, 7])
async def test_text_that_no_message_can_have_is_no_answer(answer: object) -> None:
    class Bad:
        @hookimpl
        async def livechat_translate(self) -> Any:
            return answer

        @hookimpl
        async def livechat_suggest_reply(self) -> Any:
            return answer

    hooks = Hooks()
    hooks.register(Bad(), "bad")
    assert await hooks.translate("Hello", "en", "el") is None
    assert await hooks.suggest_reply(HANDOFF, SAID, "shop", None) is None
    assert stat(hooks, "bad", "livechat_translate").failures == 1
    assert stat(hooks, "bad", "livechat_suggest_reply").failures == 1


async def test_livechat_suggest_reply_is_told_what_was_said_and_who_shall_help() -> None:
    class Helps:
        @hookimpl
        def livechat_suggest_reply(
            self, handoff: Handoff, messages: Sequence[TranscriptEntry], bot: str, deployment: str | None
        ) -> str:
            assert (handoff, tuple(messages)) == (HANDOFF, SAID)
            return f"{bot} at {deployment} would say so"

    hooks = Hooks()
    assert await hooks.suggest_reply(HANDOFF, SAID, "helper", "production") is None
    hooks.register(Helps())
    assert await hooks.suggest_reply(HANDOFF, SAID, "helper", "production") == (
        "helper at production would say so"
    )
    hooks.close()


async def test_phrase_book_translates_both_ways_what_it_has(tmp_path: Path) -> None:
    file = tmp_path / "phrases.csv"
    file.write_text("en,el\nGood morning,Καλημέρα\nOnly English,\n", "utf-8")
    hooks = Hooks()
    hooks.register(example("phrase_book", "PhraseBook")(file))
    assert await hooks.translate("good  morning!", "en-GB", "el") == "Καλημέρα"
    assert await hooks.translate("ΚΑΛΗΜΈΡΑ", "el-GR", "en") == "Good morning"
    for text, source, target in [
        ("Good night", "en", "el"),
        ("Only English", "en", "el"),
        ("Good morning", "de", "el"),
        ("Good morning", "en", "de"),
    ]:
        assert await hooks.translate(text, source, target) is None


async def test_reply_finder_suggests_the_answer_to_the_question_that_fits(tmp_path: Path) -> None:
    file = tmp_path / "faq.csv"
    file.write_text(
        "question,answer\nWhere is my parcel?,On its way.\nHow do I pay?,With a card.\n?,Never.\n", "utf-8"
    )
    hooks = Hooks()
    hooks.register(example("reply_finder", "ReplyFinder")(file))

    async def suggested(*said: str) -> str | None:
        entries = [TranscriptEntry(author="user", body=text) for text in said]
        return await hooks.suggest_reply(HANDOFF, entries, "shop", None)

    assert await suggested("So where is my PARCEL") == "On its way."
    assert await suggested("Where is my parcel?", "And how do I pay?") == "With a card."
    assert await suggested("Goodbye") is None
    assert await suggested() is None, "nobody has said anything"
