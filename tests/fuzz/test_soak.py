"""The soak of webhooks counts, reports, and fails when something was wrong."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Self

import pytest

from tests.fuzz import soak
from tests.fuzz.routes import KINDS
from tests.fuzz.running import Findings
from tests.fuzz.soak import main


class Here:
    """A pool that plays in this process."""

    def __init__(self, jobs: int) -> None:
        self.map = map

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(("bad", "code"), [(None, 0), (4500, 8)])
def test_report_has_every_mutation_and_what_was_wrong(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    bad: int | None,
    code: int,
) -> None:
    def quick(name: str, first: int, last: int) -> tuple[str, Findings]:
        wrong = [f"{name} seed {bad}: a forgery"] if bad in range(first, last) and name == "toy" else []
        return name, Findings(Counter({"proof 401": last - first}), wrong)

    monkeypatch.setattr(soak, "play", quick)
    monkeypatch.setattr(soak, "ProcessPoolExecutor", Here)
    assert main(["--mutations", "5000", "--seed", "0", "--report", str(tmp_path)]) == code
    report = json.loads((tmp_path / "webhooks.json").read_text("utf-8"))
    assert report["mutations"] == dict.fromkeys(KINDS, 5000)
    assert report["wrong"] == ([] if bad is None else ["toy seed 4500: a forgery"])
    assert ("toy seed 4500: a forgery" in capsys.readouterr().out) == (bad is not None)
