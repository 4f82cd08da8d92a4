"""What the documents show works: Python blocks run, commands and named files exist, settings are valid.

``tests/documents.py`` lists the marks that a block may carry.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer import Exit
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from livechat_sdk.config.models import LivechatFile
from livechat_sdk_cli.main import app
from tests.documents import (
    Block,
    MarkError,
    chains,
    commands,
    prints,
    read_blocks,
    without_blocks,
    write_files,
)
from tests.tree import ROOT, files

PACKAGES = {path.parent for path in files() if path.name == ".copier-answers.yml"}
"""Made by `livechat new`: their pages speak of what is installed there, and have tests of their own."""

PAGES = [path for path in files() if path.suffix == ".md" and not PACKAGES & set(path.parents)]
LIVECHAT = Path(sys.executable).parent / "livechat"
COMMON_TOOLS = frozenset({"cd", "curl", "export", "git", "pip", "python", "uv"})
"""Commands of others that a page may show; what they are given is not looked at."""

MADE_UP = "whsec_bWFkZSB1cCBmb3IgdGhlIGRvY3VtZW50YXRpb24h"
"""What a reference to the environment stands for; good enough for every kind of secret."""

SETTINGS = frozenset(LivechatFile.model_fields)
"""Top-level keys of ``livechat.yaml``: a block of YAML that has one is settings, or a piece of them."""

LANGUAGES = frozenset(
    {"bash", "console", "json", "nginx", "python", "sh", "shell", "text", "toml", "yaml", "yml"}
)
"""What is looked at by a test, and ``text``, which claims nothing."""

_SHELL = frozenset({"|", ">", "<", "2>", "&&", "||", ";"})
"""Words with which a shell ends a command's own."""

_LINK = re.compile(r"\]\((?P<target>[^)\s#]+)(?:#[^)\s]*)?\)")
_CODE = re.compile(r"`(?P<path>[\w.-]+(?:/[\w.-]+)+/?)`")
_VARIABLE = re.compile(r"\$\{(\w+)")


def _blocks(page: Path) -> list[Block]:
    return read_blocks((ROOT / page).read_text("utf-8"), str(page))


ALL_BLOCKS = [block for page in PAGES for block in _blocks(page)]
CHAINS = [chain for page in PAGES for chain in chains(_blocks(page))]


def _top_keys(block: Block) -> set[str]:
    """The keys of a YAML block that stand at the beginning of a line."""
    return set(re.findall(r"^(\w+):", block.code, re.MULTILINE))


def _named(blocks: list[Block]) -> list[object]:
    return [pytest.param(block, id=block.where) for block in blocks]


def _run(blocks: list[Block], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python blocks in a process of their own, in ``folder``, with warnings as errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", ROOT / "tests" / "run_blocks.py"],
        input=json.dumps([(block.page, block.line, block.code) for block in blocks]),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@cache
def _is_subcommand(name: str) -> bool:
    done = subprocess.run([LIVECHAT, name, "--help"], capture_output=True, check=False)
    return done.returncode == 0


@cache
def _make_targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def _misread(words: list[str]) -> str | None:
    """What the command line says to these words; they are only read, nothing is done."""
    command = get_command(app)
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        name = words.pop(0)
        if name not in command.commands:
            return f"livechat has no command {name}"
        command = command.commands[name]
    if isinstance(command, TyperGroup):
        return None  # options of the root and of groups end in a help page
    try:
        command.make_context("livechat", words)
    except TyperException as refused:
        return str(refused)
    except Exit:
        pass  # a help page
    return None


def unknown_command(line: str) -> str | None:
    """What is wrong with a command line of a page, or ``None``."""
    words = shlex.split(line, comments=True)
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words.pop(0)
    if not words:
        return "an empty command"
    tool, arguments = Path(words[0]).name, words[1:]
    if tool == "make":
        wrong = [word for word in arguments if "=" not in word and word not in _make_targets()]
        return f"make has no target {wrong[0]}" if wrong else None
    if tool == "livechat":
        return _misread(list(takewhile(lambda word: word not in _SHELL, arguments)))
    return None if tool in COMMON_TOOLS else f"{tool} is no command of ours"


@pytest.mark.parametrize("chain", [pytest.param(chain, id=chain[0].where) for chain in CHAINS])
def test_python_blocks_run(chain: list[Block], tmp_path: Path) -> None:
    before = [
        block
        for block in ALL_BLOCKS
        if block.page == chain[0].page and block.line < chain[-1].line and "not-run" not in block.marks
    ]
    write_files(before, tmp_path)
    done = _run(chain, tmp_path)
    assert done.returncode == 0, f"{chain[0].where} fails:\n{done.stdout}{done.stderr}"


def test_python_blocks_that_cannot_run_compile() -> None:
    for block in ALL_BLOCKS:
        if block.language == "python" and "not-run" in block.marks:
            compile(block.code, block.where, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)


@pytest.mark.parametrize(
    "block",
    _named(
        [
            block
            for block in ALL_BLOCKS
            if block.language in {"console", "sh", "bash", "shell"}
            and not {"not-run", "terminal"} & set(block.marks)
        ]
    ),
)
def test_shown_commands_exist(block: Block) -> None:
    lines = commands(block)
    assert lines, f"{block.where} shows no command: start each with `$ `"
    wrong = [f"{line!r}: {why}" for line in lines if (why := unknown_command(line))]
    assert not wrong, f"{block.where}: {'; '.join(wrong)}"


def test_what_commands_print_is_compared_wherever_it_is_shown() -> None:
    compared = {"terminal", "printed", "transcript", "not-run"}
    told = [
        block.where
        for block in ALL_BLOCKS
        if block.language in {"console", "sh", "bash", "shell"}
        and prints(block)
        and not compared & set(block.marks)
    ]
    assert not told, f"mark how these are compared (tests/documents.py): {', '.join(told)}"


@pytest.mark.parametrize(
    "block",
    _named(
        [
            block
            for block in ALL_BLOCKS
            if block.language in {"yaml", "yml"}
            and _top_keys(block) & SETTINGS
            and "not-run" not in block.marks
        ]
    ),
)
def test_shown_settings_are_valid(block: Block, tmp_path: Path) -> None:
    if not _is_subcommand("validate"):
        pytest.skip("`livechat validate` is not there yet")
    write_files([one for one in ALL_BLOCKS if one.page == block.page and one != block], tmp_path)
    settings = tmp_path / "livechat.yaml"
    start = "" if "version" in _top_keys(block) else "version: 1\n"
    settings.write_text(start + block.code, "utf-8")
    made_up = dict.fromkeys(_VARIABLE.findall(block.code), MADE_UP)
    done = subprocess.run(
        [LIVECHAT, "validate", settings],
        cwd=tmp_path,
        env={**os.environ, **made_up},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{block.where} is not valid:\n{done.stdout}{done.stderr}"


def test_every_block_is_of_a_kind_that_is_looked_at() -> None:
    unknown = [f"{block.where}: {block.language}" for block in ALL_BLOCKS if block.language not in LANGUAGES]
    assert not unknown, f"no test knows these languages: {', '.join(unknown)}"
    for block in ALL_BLOCKS:
        if block.language == "json" and "not-run" not in block.marks:
            json.loads(block.code)
        elif block.language == "toml" and "not-run" not in block.marks:
            tomllib.loads(block.code)
        elif block.language in {"yaml", "yml"} and "not-run" not in block.marks:
            assert YAML(typ="safe", pure=True).load(block.code), f"{block.where} says nothing"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_named_files_exist(page: Path) -> None:
    text = without_blocks((ROOT / page).read_text("utf-8"))
    folder = (ROOT / page).parent
    links = [match["target"] for match in _LINK.finditer(text) if "://" not in match["target"]]
    missing = [target for target in links if not (folder / target).exists()]
    tops = {path.parts[0] for path in files()}
    for path in (Path(match["path"]) for match in _CODE.finditer(text)):
        placeholder = any(part.isupper() and "." not in part for part in path.parts)
        if path.parts[0] in tops and not placeholder and not (ROOT / path).exists():
            missing.append(str(path))
    assert not missing, f"{page} names what does not exist: {', '.join(missing)}"


# ------------------------------------------------------------------------------- the tester itself is tested
PAGE = """# Page

<!-- file: conf/livechat.yaml -->
```yaml
version: 1
```

```python
answer = 41
```

1. In a list:

   <!-- continues -->
   ```python
   import asyncio
   from pathlib import Path

   await asyncio.sleep(0)
   assert __name__ == "__main__"
   assert Path("conf/livechat.yaml").read_text() == "version: 1\\n"
   answer += 1
   print(answer)
   ```

<!-- not-run: needs an account -->
```python
raise SystemExit("never run")
```

```console
$ make \\
    setup
setup: .venv is ready
$ livechat --help
```
"""


def test_blocks_keep_their_language_line_and_marks() -> None:
    found = read_blocks(PAGE, "page.md")
    assert [block.language for block in found] == ["yaml", "python", "python", "python", "console"]
    assert [block.line for block in found] == [5, 9, 16, 28, 32]
    assert found[0].marks == {"file": "conf/livechat.yaml"}
    assert found[3].marks == {"not-run": "needs an account"}
    assert found[2].code.startswith("import asyncio\nfrom pathlib")
    assert commands(found[4]) == ["make      setup", "livechat --help"]
    assert prints(found[4])
    assert not prints(Block("p.md", 1, "console", "$ make \\\n    setup\n\n$ make check\n"))


def test_blocks_that_continue_share_names_files_and_event_loop(tmp_path: Path) -> None:
    found = read_blocks(PAGE, "page.md")
    [chain] = chains(found)
    write_files(found, tmp_path)
    done = _run(chain, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "42\n", "")


@pytest.mark.parametrize(
    ("code", "expected"),
    [("assert False\n", "AssertionError"), ("import warnings\nwarnings.warn('old')\n", "UserWarning: old")],
)
def test_failing_block_is_reported_with_the_line_of_its_page(
    code: str, expected: str, tmp_path: Path
) -> None:
    done = _run([Block("guide.md", 7, "python", code)], tmp_path)
    assert done.returncode == 1
    assert 'File "guide.md", line' in done.stderr
    assert expected in done.stderr
    assert f"line {6 + len(code.splitlines())}" in done.stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```python\nx = 1\n", "p.md:1: this block is never closed"),
        ("<!-- not-run -->\n```python\n```\n", "`not-run` needs a text"),
        ("<!-- continues -->\n```python\n```\n", "no block above"),
    ],
)
def test_marks_that_make_no_sense_are_refused(text: str, expected: str) -> None:
    with pytest.raises(MarkError, match=re.escape(expected)):
        chains(read_blocks(text, "p.md"))


def test_example_file_outside_its_folder_is_refused(tmp_path: Path) -> None:
    block = Block("p.md", 1, "yaml", "version: 1\n", {"file": "../elsewhere.yaml"})
    with pytest.raises(MarkError, match="outside"):
        write_files([block], tmp_path)


def test_example_file_written_twice_is_refused(tmp_path: Path) -> None:
    block = Block("p.md", 1, "yaml", "version: 1\n", {"file": "livechat.yaml"})
    with pytest.raises(MarkError, match="was written by"):
        write_files([block, block], tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "make setup",
        "make demo ARGS=--script",
        ".venv/bin/livechat --help",
        "NAME=value git clone x",
        "pip install y  # a remark",
        "livechat show h-1 --json | less",
        "livechat explain code --help",
    ],
)
def test_known_commands_are_accepted(line: str) -> None:
    assert unknown_command(line) is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("make coffee", "make has no target coffee"),
        ("livechat no-such-command", "livechat has no command no-such-command"),
        ("livechat explain colour", "livechat has no command colour"),
        ("livechat show --colour", "No such option: --colour"),
        (
            "livechat serve --port many",
            "Input should be a valid integer, unable to parse string as an integer",
        ),
        ("frobnicate", "frobnicate is no command of ours"),
        ("# only a remark", "an empty command"),
    ],
)
def test_unknown_commands_are_named(line: str, why: str) -> None:
    assert unknown_command(line) == why


def test_text_of_blocks_is_not_searched_for_links() -> None:
    text = without_blocks("[a](b.md)\n```python\n[c](d.md)\n```\n[e](f.md)\n")
    assert _LINK.findall(text) == ["b.md", "f.md"]
    assert text.splitlines()[4] == "[e](f.md)"
