"""The soak counts what it played, writes it down, and goes on where it stopped."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Self

import pytest

from tests.faults import soak
from tests.faults.soak import Chunk, main


def test_a_small_soak_writes_a_report_and_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    played: list[int] = []

    def quick(seeds: range) -> Chunk:
        played.extend(seeds)
        failures = [(seed, "LOST u-1") for seed in seeds if seed == 25]
        return Chunk(seeds[-1], len(seeds), 10 * len(seeds), 1, Counter(lost=len(failures)), failures)

    class Here:
        """A pool that plays in this process."""

        def __init__(self, jobs: int) -> None:
            self.map = map

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(soak, "play_chunk", quick)
    monkeypatch.setattr(soak, "ProcessPoolExecutor", Here)
    folder = str(tmp_path)
    assert main(["--schedules", "320", "--seed", "0", "--report", folder]) == 0
    report = json.loads((tmp_path / "faults.json").read_text())
    assert (report["schedules"], report["next_seed"], report["findings"]) == (320, 20, {"lost": 0})
    assert main(["--schedules", "640", "--report", folder, "--resume"]) == 8
    report = json.loads((tmp_path / "faults.json").read_text())
    assert (report["schedules"], report["next_seed"], report["failing_seeds"]) == (640, 40, [25])
    assert played == list(range(40))
    assert (tmp_path / "faults-25.txt").read_text() == "LOST u-1"
    assert "seed 25 fails: LOST u-1" in capsys.readouterr().out
