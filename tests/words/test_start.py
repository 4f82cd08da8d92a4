"""At the start: a language without all its words stops it, one that nobody reviewed is logged."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from livechat_sdk import ConfigurationError, Dispatcher, Outgoing

TEXT = """\
version: 1
store: "sqlite:///{folder}/livechat.db"
integrations: {{desk: {{type: HELVIA_LIVECHAT}}}}
bots:
  shop-bot:
    livechat:
      integrations: [desk]
      languages: [{language}]
"""


class Nowhere:
    """A channel that nothing is delivered to."""

    async def deliver(self, outgoing: Outgoing) -> None:
        raise AssertionError(outgoing)


def settings(folder: Path, language: str) -> Path:
    file = folder / "livechat.yaml"
    file.write_text(TEXT.format(folder=folder, language=language), "utf-8")
    return file


async def test_a_language_without_all_its_words_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        async with Dispatcher.from_file(settings(tmp_path, "ja"), channel=Nowhere()):
            raise AssertionError("it started")
    (problem,) = refused.value.problems
    assert (problem.code, problem.line, problem.column) == ("LC901", 8, 19)
    assert "no words in 'ja' for requested, starting" in problem.message


async def test_a_language_that_nobody_reviewed_is_logged_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "livechat_sdk.settings"):
        async with Dispatcher.from_file(settings(tmp_path, "de"), channel=Nowhere()):
            pass
    (line,) = [one.getMessage() for one in caplog.records if one.name == "livechat_sdk.settings"]
    assert line.endswith(
        "livechat.yaml:8:19: warning LC951 nobody has reviewed the built-in words in 'de'"
        " (at bots.shop-bot.livechat.languages[0]);"
        " have somebody read them, then write `reviewed: [de]`"
    )


async def test_reviewed_languages_start_without_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "livechat_sdk.settings"):
        async with Dispatcher.from_file(settings(tmp_path, "en, el-CY"), channel=Nowhere()):
            pass
    assert [one.getMessage() for one in caplog.records if one.name == "livechat_sdk.settings"] == []
