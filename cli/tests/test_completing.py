"""Completion, as shells ask for it: the protocol of bash, zsh and fish, and the names that are offered."""

from __future__ import annotations

import resource
import shutil
import sqlite3
import subprocess
from pathlib import Path

import asyncpg
import pytest

from cli.tests.helpers import LIVECHAT, environment
from cli.tests.history import completed, live, waiting
from livechat_sdk.ledger.glance import newest_handoffs
from livechat_sdk.ledger.opening import open_store
from livechat_sdk_testing.postgres import PostgresServer

SETTINGS = """
version: 1
include: more/*.yaml
store: sqlite:///${WHERE}
integrations:
  acme-zendesk: {type: ZENDESK_LIVECHAT}
  desk: {type: HELVIA_LIVECHAT}
bots: {shop-bot: {}, night-bot: {}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "more").mkdir()
    (tmp_path / "livechat.yaml").write_text(SETTINGS, "utf-8")
    (tmp_path / "more" / "crm.yaml").write_text("integrations: {acme-crm: {type: ZENDESK_CRM}}", "utf-8")
    return tmp_path


def ask(folder: Path, variables: dict[str, str]) -> list[str]:
    """What the command answers to a shell; it says nothing else, whatever happens."""
    env = environment({"WHERE": "livechat.db", **variables})
    done = subprocess.run(
        [LIVECHAT], cwd=folder, env=env, capture_output=True, text=True, timeout=50, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [line for line in done.stdout.splitlines() if line]


def bash(folder: Path, line: str) -> list[str]:
    words = line.split(" ")
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_LIVECHAT_COMPLETE": "complete_bash"}
    return ask(folder, asked)


def test_integrations_come_from_the_settings_in_force_and_what_they_include(folder: Path) -> None:
    assert bash(folder, "livechat record ") == ["acme-zendesk", "desk", "acme-crm"]
    assert bash(folder, "livechat record acme-c") == ["acme-crm"]
    assert bash(folder, "livechat doctor a") == ["acme-zendesk", "acme-crm"]
    assert bash(folder, "livechat doctor live") == ["livechat.yaml"]
    (folder / "other.yaml").write_text("integrations: {other: {type: X}}", "utf-8")
    assert bash(folder, "livechat doctor other.yaml ") == ["other"]
    assert bash(folder, "livechat doctor livechat.yaml desk a") == ["acme-zendesk", "acme-crm"]
    assert bash(folder, "livechat doctor livechat.yaml desk d") == []


def test_commands_options_and_bots_are_offered(folder: Path) -> None:
    assert bash(folder, "livechat do") == ["doctor"]
    assert bash(folder, "livechat explain ") == ["hours", "route", "code"]
    assert bash(folder, "livechat doctor --str") == ["--strict"]
    assert bash(folder, "livechat doctor --format g") == ["github"]
    assert bash(folder, "livechat chat n") == ["night-bot"]
    assert bash(folder, "livechat explain hours s") == ["shop-bot"]


def test_handoffs_come_from_the_store_with_the_newest_first(folder: Path) -> None:
    first = live(folder / "livechat.db", completed)
    second = live(folder / "livechat.db", waiting)
    assert set(bash(folder, "livechat show ")) == {first, second}
    for words in ("retry", "drop", "end", "parked", "export --handoff", "erase --handoff", "explain route"):
        assert bash(folder, f"livechat {words} {first[:-2]}") == [first]
    assert bash(folder, "livechat show --store elsewhere.db h-") == []
    assert bash(folder, f"livechat show --store {folder / 'livechat.db'} {second}") == [second]
    assert bash(folder, "livechat show --workspace other h-") == []
    assert bash(folder, "livechat show h_") == []
    assert not (folder / "elsewhere.db").exists()


def test_zsh_and_fish_are_told_what_a_name_is(folder: Path) -> None:
    answer = ask(
        folder, {"_TYPER_COMPLETE_ARGS": "livechat record acme", "_LIVECHAT_COMPLETE": "complete_zsh"}
    )
    assert "\n".join(answer).startswith('_arguments \'*: :(("acme-zendesk":"ZENDESK_LIVECHAT"')
    fish = {"_LIVECHAT_COMPLETE": "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    told = ask(folder, {**fish, "_TYPER_COMPLETE_ARGS": "livechat record "})
    assert told == ["acme-zendesk\tZENDESK_LIVECHAT", "desk\tHELVIA_LIVECHAT", "acme-crm\tZENDESK_CRM"]


@pytest.mark.parametrize(
    "written",
    [
        None,
        "integrations: [",
        "- 1\n- null",
        "just a text",
        "integrations: 3\nbots: null\ninclude: {a: b}",
        "include: livechat.yaml",
        "include: /dev/null/*",
        "\x00\x01",
        "[" * 3000,
        "store: mysql://somewhere",
        "store: postgresql://u:p@127.0.0.1:1/livechat",
    ],
)
def test_settings_that_cannot_be_read_offer_nothing_and_break_nothing(
    written: str | None, tmp_path: Path
) -> None:
    if written is not None:
        (tmp_path / "livechat.yaml").write_text(written, "utf-8")
    assert bash(tmp_path, "livechat record ") == []
    assert bash(tmp_path, "livechat show ") == []


def test_documents_of_the_platform_are_settings_too(tmp_path: Path) -> None:
    listed = '[{"name": "one", "type": "A"}, {"name": "two", "type": "B"}]'
    (tmp_path / "livechat.yaml").write_text(listed, "utf-8")
    assert bash(tmp_path, "livechat record ") == ["one", "two"]


def test_store_that_is_busy_or_no_store_offers_nothing_in_time(tmp_path: Path) -> None:
    database = tmp_path / "livechat.db"
    live(database, completed)
    holder = sqlite3.connect(database, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("PRAGMA journal_mode = DELETE")
    holder.execute("BEGIN EXCLUSIVE")
    try:
        assert bash(tmp_path, "livechat show ") == []
    finally:
        holder.close()
    assert len(bash(tmp_path, "livechat show ")) == 1
    database.write_bytes(b"no database" * 1000)
    assert bash(tmp_path, "livechat show ") == []


async def test_handoffs_of_a_postgresql_store_are_offered(postgres_server: PostgresServer) -> None:
    url = await postgres_server.new_database(empty=True)
    store = open_store(url)
    await store.open()
    await store.close()
    assert await newest_handoffs(url, "default", seconds=5) == []
    connection = await asyncpg.connect(url)
    now = "2026-11-24T09:00:00Z"
    await connection.execute("INSERT INTO conversations VALUES ('default', 'c-1', 'bot', 1, $1)", now)
    for number in (1, 2):
        await connection.execute(
            "INSERT INTO handoffs (workspace, id, request_key, conversation_id, state, version, bot, user_id,"
            " format, created_at, updated_at, document)"
            " VALUES ('default', $1, $1, 'c-1', 'ended', 1, 'b', 'u', 1, $2, $2, '{}')",
            f"h-{number}",
            f"2026-11-24T09:00:0{number}Z",
        )
    await connection.close()
    assert await newest_handoffs(url, "default", seconds=5) == [("h-2", "ended"), ("h-1", "ended")]
    assert await newest_handoffs(url, "default", "h-1", seconds=5) == [("h-1", "ended")]
    assert await newest_handoffs(url, "default", seconds=0.000001) == []


def test_completion_costs_little_more_than_the_help(folder: Path) -> None:
    live(folder / "livechat.db", completed)

    def cost(*words: str, **variables: str) -> float:
        env = environment({"WHERE": "livechat.db", **variables})
        spent: list[float] = []
        for _ in range(4):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([LIVECHAT, *words], cwd=folder, env=env, capture_output=True, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return min(spent)

    asked = {"COMP_WORDS": "livechat show h-", "COMP_CWORD": "2", "_LIVECHAT_COMPLETE": "complete_bash"}
    assert cost(**asked) - cost("--help") < 0.3


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_of_each_shell_can_be_shown(shell: str, tmp_path: Path) -> None:
    env = environment({"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"})
    done = subprocess.run(
        [LIVECHAT, "--show-completion", shell],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert f"_LIVECHAT_COMPLETE=complete_{shell}" in done.stdout
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=done.stdout, text=True, check=False).returncode == 0


def test_bash_itself_completes_once_completion_is_installed(folder: Path) -> None:
    home = folder / "home"
    home.mkdir()
    env = environment(
        {"HOME": str(home), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1", "WHERE": "livechat.db"}
    )
    installed = subprocess.run(
        [LIVECHAT, "--install-completion", "bash"],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert installed.returncode == 0
    (script,) = (home / ".bash_completions").iterdir()
    program = f"""
source {script}
COMP_WORDS=(livechat record acme-c); COMP_CWORD=2
_livechat_completion {LIVECHAT}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(
        ["bash", "--norc", "-c", program],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("acme-crm\n", "")
