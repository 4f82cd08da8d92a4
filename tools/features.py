"""The table of features, and which tests prove them: ``make features``, or ``python -m tools.features``.

``tools/features.toml`` lists what the product must do. A test that proves a row carries the row's id:
``@pytest.mark.feature("CV-03")``. ``make test`` writes ``build/features.json``: which of these tests passed,
at which commit and with which changes on top of it. ``make features`` prints the table from that file, and
``python -m tools.features page`` writes ``docs/reference/features.md`` from the table and the markers.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tools.made_part import MadePart

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tools" / "features.toml"
REPORT = ROOT / "build" / "features.json"
PAGE = ROOT / "docs" / "reference" / "features.md"
PART = MadePart(PAGE, "tools/features.py")
MARKER = "feature"

State = Literal["proved", "partly", "not_yet", "decided"]
Declared = Literal["partly", "decided"]
STATES: tuple[State, ...] = ("proved", "partly", "not_yet", "decided")


class TableError(ValueError):
    """The table, a marker or the report is not what it should be."""


@dataclass(frozen=True)
class Row:
    """One feature. ``declared`` is ``partly`` or ``decided`` with a ``reason``, or ``None``."""

    id: str
    group: str
    must: str
    declared: Declared | None = None
    reason: str = ""


@dataclass(frozen=True)
class Tree:
    """What a run was a run of: the commit, and a digest of what differs from it (empty for nothing)."""

    commit: str
    changes: str


def read_table(path: Path = TABLE) -> dict[str, Row]:
    """The rows by their ids, in order; raise ``TableError`` for a table that contradicts itself."""
    document = tomllib.loads(path.read_text("utf-8"))
    declared: dict[str, tuple[Declared | None, str]] = {}
    kinds: tuple[Declared, ...] = ("partly", "decided")
    for kind in kinds:
        for row_id, said in document.get(kind, {}).items():
            if row_id in declared or not str(said).strip():
                raise TableError(f"{row_id} is declared twice, or without a reason")
            declared[row_id] = (kind, str(said))
    rows: dict[str, Row] = {}
    for group in document["group"]:
        for row_id, must in group["rows"].items():
            if row_id in rows or "|" in must:
                raise TableError(
                    f"{row_id} is there twice, or its text has a bar, which ends a cell of the page"
                )
            state, reason = declared.pop(row_id, (None, ""))
            rows[row_id] = Row(row_id, f"{group['letter']}. {group['title']}", must, state, reason)
    if declared:
        raise TableError(f"no row is called {', '.join(declared)}")
    return rows


def _test_files(root: Path) -> Iterator[Path]:
    for folder, inner, names in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith((".", "__")) and name != "build")
        yield from (Path(folder, name) for name in sorted(names) if name.startswith("test_"))


def _ids(decorators: Sequence[ast.expr], where: str) -> Iterator[str]:
    for one in decorators:
        if isinstance(one, ast.Call) and ast.unparse(one.func) == f"pytest.mark.{MARKER}":
            for argument in one.args:
                if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
                    raise TableError(f"{where}: a feature is named by its id, in quotes")
                yield argument.value


def _marked(body: Sequence[ast.stmt], where: str, above: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            name = f"{where}::{ast.unparse(node.targets[0])}"
            if ids := tuple(_ids([node.value.func], name)):
                yield name, list(ids)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{where}::{node.name}"
            ids = (*above, *_ids(node.decorator_list, name))
            if isinstance(node, ast.ClassDef):
                yield from _marked(node.body, name, ids)
            elif ids:
                yield name, list(ids)


def marked_tests(root: Path = ROOT) -> dict[str, list[str]]:
    """The tests below ``root`` that carry the marker, with their ids. Names have no parameters.

    A class that is made by a call is marked as ``TestDesk = pytest.mark.feature("PV-01")(suite(...))``,
    and stands for all of its tests. Markers are read from the source: so the page needs no run, and a test
    whose process died is known too.
    """
    found: dict[str, list[str]] = {}
    for path in _test_files(root):
        source = path.read_text("utf-8") if path.suffix == ".py" else ""
        if f"mark.{MARKER}(" in source:
            found.update(_marked(ast.parse(source).body, path.relative_to(root).as_posix(), ()))
    return found


def proofs_of(marked: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The tests of each row that has any."""
    rows: dict[str, list[str]] = {}
    for test, ids in marked.items():
        for row_id in ids:
            rows.setdefault(row_id, []).append(test)
    return rows


def state_of(row: Row, outcomes: Sequence[str]) -> State:
    """Where a row stands when its tests ended so: ``passed``, ``failed``, or ``skipped`` for not run at all.

    One passed test proves a row unless another failed; a row that is declared ``partly`` needs no less.
    """
    if row.declared == "decided":
        return "decided"
    if "passed" not in outcomes or "failed" in outcomes:
        return "not_yet"
    return row.declared or "proved"


def _git(*arguments: str, root: Path) -> bytes:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True).stdout  # noqa: S607


def tree(root: Path = ROOT) -> Tree:
    """The present state of the work tree; raise ``TableError`` where there is none to bind a report to."""
    try:
        commit = _git("rev-parse", "HEAD", root=root).decode().strip()
        changes = _git("diff", "HEAD", "--binary", root=root)
        names = _git("ls-files", "--others", "--exclude-standard", "-z", root=root).split(b"\0")
    except (OSError, subprocess.CalledProcessError) as error:
        raise TableError(f"{root} is no clone with a commit: a report of features is bound to one") from error
    digest = hashlib.sha256(changes)
    new = [Path(os.fsdecode(name)) for name in names if name]
    for name in sorted(new):
        digest.update(os.fsencode(name) + b"\0" + hashlib.sha256((root / name).read_bytes()).digest())
    return Tree(commit, digest.hexdigest() if changes or new else "")


def write_report(path: Path, at: Tree, outcomes: Mapping[str, Mapping[str, str]], *, complete: bool) -> None:
    """Write how the tests of every row ended. ``outcomes`` is by row, then by test."""
    document = {
        "version": 1,
        "commit": at.commit,
        "changes": at.changes,
        "complete": complete,
        "rows": {
            row.id: {
                "state": state_of(row, list(outcomes.get(row.id, {}).values())),
                "tests": dict(outcomes.get(row.id, {})),
            }
            for row in read_table().values()
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    draft.replace(path)


def read_report(path: Path, now: Tree) -> dict[str, Any]:
    """The report; raise ``TableError`` when it is missing, of another state, or of some of the tests only."""
    try:
        document = json.loads(path.read_text("utf-8"))
        stamp = Tree(document["commit"], document["changes"])
    except FileNotFoundError:
        raise TableError(f"{path} is missing: run make test") from None
    except (ValueError, LookupError, TypeError):
        raise TableError(f"{path} is not a report of features: run make test") from None
    if stamp != now:
        raise TableError(f"{path} is stale, made at {_name(stamp)}; here is {_name(now)}: run make test")
    if not document["complete"]:
        raise TableError(f"{path} is of some of the tests only: run make test without ARGS")
    return dict(document["rows"])


def _name(at: Tree) -> str:
    return f"{at.commit[:12]} with changes {at.changes[:8]}" if at.changes else at.commit[:12]


def summary(states: Sequence[State]) -> str:
    """The last line: how many rows stand where."""
    counted = Counter(states)
    return "features " + " ".join(f"{state}={counted[state]}" for state in STATES)


def printed(rows: Mapping[str, Row], report: Mapping[str, Any]) -> Iterator[str]:
    """The table for a terminal."""
    if set(rows) != set(report):
        raise TableError("the report has other rows than the table: run make test")
    group = ""
    for row in rows.values():
        if row.group != group:
            group = row.group
            yield f"\n{group}"
        state, tests = report[row.id]["state"], report[row.id]["tests"]
        passed = sum(outcome == "passed" for outcome in tests.values())
        count = f"{passed}/{len(tests)} tests" if tests else ""
        yield f"  {row.id:<7} {state:<8} {count:<11} {row.must}" + (f" [{row.reason}]" if row.reason else "")
    yield ""
    yield summary([report[row_id]["state"] for row_id in rows])


def rendered(rows: Mapping[str, Row], marked: Mapping[str, Sequence[str]]) -> str:
    """The part of the page that is made here, without a run: it takes for granted that the tests pass."""
    tests = proofs_of(marked)
    states: dict[str, State] = {
        row.id: state_of(row, ["passed"] if row.id in tests else []) for row in rows.values()
    }
    parts = [f"`{summary(list(states.values()))}`\n"]
    group = ""
    for row in rows.values():
        if row.group != group:
            group = row.group
            parts.append(f"\n## {group}\n\n| id | what it must do | state | tests |\n|---|---|---|---|\n")
        proofs = "<br>".join(f"`{name.replace('::', '` `')}`" for name in tests.get(row.id, ()))
        state = states[row.id].replace("_", " ") + (f": {row.reason}" if row.reason else "")
        parts.append(f"| {row.id} | {row.must} | {state} | {proofs} |\n")
    return "".join(parts)


def updated(page: str) -> str:
    """``page`` with its middle part made anew; raise ``TableError`` when it has no marks."""
    try:
        return PART.within(page, f"\n{rendered(read_table(), marked_tests())}\n")
    except ValueError as error:
        raise TableError(str(error)) from None


def main(arguments: Sequence[str]) -> int:
    """Print the table, or write the page. 1 when there is no report of just this state."""
    try:
        if list(arguments) == ["page"]:
            PAGE.write_text(updated(PAGE.read_text("utf-8")), "utf-8")
        else:
            report = Path(arguments[0]) if arguments else REPORT
            print("\n".join(printed(read_table(), read_report(report, tree()))))
    except TableError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
