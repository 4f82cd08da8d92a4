"""Programs write their part of a page and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.made_part import MadePart


def a_part(folder: Path, around: str = "{}") -> MadePart:
    part = MadePart(folder / "page.md", "tools/some.py")
    part.page.write_text(around.format(f"{part.begin}old\n{part.end}"), "utf-8")
    return part


def test_what_people_wrote_around_the_part_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part = a_part(tmp_path, "# Before\n{}After.\n")
    part.write("new\n")
    assert part.page.read_text("utf-8") == (
        "# Before\n<!-- made by tools/some.py: begin -->\nnew\n<!-- made by tools/some.py: end -->\nAfter.\n"
    )
    assert capsys.readouterr().out == "page.md: written anew\n"
    part.write("new\n")
    assert capsys.readouterr().out == "page.md: as it was\n"


@pytest.mark.parametrize("lost", ["begin", "end"])
def test_page_that_lacks_a_mark_is_left_alone(tmp_path: Path, lost: str) -> None:
    part = a_part(tmp_path)
    text = part.page.read_text("utf-8").replace(part.begin if lost == "begin" else part.end, "")
    part.page.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=r"page\.md needs these two lines"):
        part.write("new\n")
    assert part.page.read_text("utf-8") == text


def test_marks_in_the_wrong_order_are_refused() -> None:
    part = MadePart(Path("page.md"), "tools/some.py")
    with pytest.raises(ValueError, match="in this order"):
        part.within(f"{part.end}old\n{part.begin}", "new\n")
