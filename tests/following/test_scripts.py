"""The follower of pages notices what a reader would."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.documents import Block, read_blocks
from tests.following.scripts import acts, follow, pattern_of
from tests.following.terminals import Terminal

ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8"}


def page(*blocks: str) -> list[Block]:
    text = "".join(
        f"<!-- {block.partition('|')[0]} -->\n```console\n{block.partition('|')[2]}```\n" for block in blocks
    )
    return read_blocks(text, "p.md")


def followed(folder: Path, *blocks: str) -> list[str]:
    return [act.kind for act in follow(page(*blocks), folder, lambda: Terminal(folder, ENVIRONMENT))]


def state_of(process: int) -> str:
    """The letter that ``ps`` has for a process, or nothing."""
    asked = ["ps", "-o", "stat=", "-p", str(process)]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()[:1]


def test_a_block_is_taken_apart_into_acts() -> None:
    [block] = page("terminal: a|$ one \\\n    more\nout\nout again\n> typed\n^C\n")
    assert [(act.kind, act.text, act.where) for act in acts(block)] == [
        ("run", "one \\\n    more", "p.md:3"),
        ("see", "out\nout again\n", "p.md:5"),
        ("type", "typed", "p.md:7"),
        ("interrupt", "", "p.md:8"),
    ]


@pytest.mark.parametrize(
    ("shown", "printed", "fits"),
    [
        ("a …\n", "a 7f3c\n", True),
        ("a …\n", "a \n", False),
        ("a\n…\nz\n", "a\nb\nc\nz\n", True),
        ("a\n…\nz\n", "a\nz\n", True),
        ("a\nz\n", "a\nb\nz\n", False),
        ("h-…     ended\n", "h-7f3c9a  ended\n", True),
        ("h-…  ended\n", "h-7f3c9aended\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_what_differs_each_time_fits_and_nothing_else(shown: str, printed: str, fits: bool) -> None:
    assert (pattern_of(shown).fullmatch(printed) is not None) is fits


def test_files_are_written_and_commands_of_several_terminals_meet(tmp_path: Path) -> None:
    done = followed(
        tmp_path,
        "file: words.txt|hello\n",
        'terminal: a|$ read name && echo "$name says $(cat words.txt)"\n> Maria\n',
        "terminal: b|$ echo done > flag\n$ cat \\\n    flag\ndone\n",
        "terminal: a|Maria says hello\n",
    )
    assert done == ["run", "type", "run", "run", "see", "see"]


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("$ echo one\ntwo\n", "p.md:4: exit code 0; the page shows:\ntwo\n\nand there is:\none"),
        ("$ echo one; echo two\none\n", "and there is:\none\ntwo"),
        ("$ echo one\n", "p.md:3: exit code 0"),
        ("$ false\n", "p.md:3: exit code 1"),
    ],
)
def test_what_is_not_as_the_page_says_is_told_with_its_place(tmp_path: Path, block: str, said: str) -> None:
    with pytest.raises(AssertionError) as caught:
        followed(tmp_path, f"terminal: a|{block}")
    assert said in str(caught.value)


def test_what_runs_is_interrupted_by_the_page(tmp_path: Path) -> None:
    trap = """trap 'echo bye; exit 0' INT; echo ready; while :; do sleep 0.1; done"""
    (tmp_path / "lasting").write_text(f"#!/bin/sh\n{trap}\n", "utf-8")
    done = followed(tmp_path, "terminal: a|$ sh lasting\nready\n", "terminal: a|^C\nbye\n")
    assert done == ["run", "see", "interrupt", "see"]


def test_what_ends_only_by_being_interrupted_has_not_failed(tmp_path: Path) -> None:
    assert followed(tmp_path, "terminal: a|$ echo one; sleep 60\none\n…\n^C\n") == [
        "run",
        "see",
        "interrupt",
    ]


def test_a_word_of_a_command_that_only_begins_on_the_page_is_the_last_one_printed(tmp_path: Path) -> None:
    followed(
        tmp_path,
        'terminal: a|$ echo \'"h-1"\' h-2x\n"h-…" h-…\n$ echo /a/h-…/b\n/a/h-2x/b\n',
    )
    with pytest.raises(AssertionError, match="nothing that was printed begins with k-"):
        followed(tmp_path, "terminal: a|$ echo k-…\nk-…\n")


def test_nothing_that_was_started_outlives_a_page_that_fails(tmp_path: Path) -> None:
    (tmp_path / "lasting").write_text(
        "trap '' HUP TERM; echo $$ > number; echo ready; exec sleep 60\n", "utf-8"
    )
    with pytest.raises(AssertionError):
        followed(
            tmp_path,
            "terminal: a|$ sh lasting\nready\n",
            "terminal: b|$ false\n",
            "terminal: a|^C\n",
        )
    number = int((tmp_path / "number").read_text("utf-8"))
    until = time.monotonic() + 20
    while state_of(number) not in {"", "Z"}:  # gone, or dead and not yet looked at by whoever inherits it
        assert time.monotonic() < until
        time.sleep(0.05)
