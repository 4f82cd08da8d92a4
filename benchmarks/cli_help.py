"""What ``livechat --help`` costs beside the help of a program of one command, both as whole processes.

The yardstick is the hello world of typer's tutorial, as it is written there. Beside it is told what the same
program costs without coloured boxes, which ours does not have either, and how long a shell waits for names of
integrations. The processor's time is taken, for others may use the machine; runs take turns.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks._processes import compiling, seconds

GOAL = 1.4
ROUNDS = 15
HELLO = """
import typer

app = typer.Typer({})


@app.command()
def main(name: str):
    print(f"Hello {{name}}")


app()
"""
SETTINGS = "version: 1\nintegrations:\n" + "".join(
    f"  desk-{number}: {{type: HELVIA_LIVECHAT, description: one of fifty}}\n" for number in range(50)
)
ASKED = {"COMP_WORDS": "livechat record desk-1", "COMP_CWORD": "2", "_LIVECHAT_COMPLETE": "complete_bash"}


def main() -> None:
    """Measure, and print the line that ``benchmarks/run.py`` reads."""
    livechat = str(Path(sys.executable).with_name("livechat"))
    with tempfile.TemporaryDirectory(prefix="livechat-benchmark-") as name:
        folder = Path(name)
        (folder / "hello.py").write_text(HELLO.format(""), "utf-8")
        (folder / "plain.py").write_text(HELLO.format("rich_markup_mode=None"), "utf-8")
        (folder / "livechat.yaml").write_text(SETTINGS, "utf-8")
        programs: dict[str, tuple[list[str], Mapping[str, str]]] = {
            "typer hello world": ([sys.executable, "hello.py", "--help"], {}),
            "the same without boxes": ([sys.executable, "plain.py", "--help"], {}),
            "livechat --help": ([livechat, "--help"], {}),
            "livechat completing a name": ([livechat], ASKED),
        }
        times: dict[str, list[float]] = {program: [] for program in programs}
        for words, variables in programs.values():
            seconds(
                words, compiling(folder / "compiled", variables), folder
            )  # compiles what was never imported before
        for _ in range(ROUNDS):
            for program, (words, variables) in programs.items():
                times[program].append(seconds(words, compiling(folder / "compiled", variables), folder))
    median = {program: statistics.median(values) for program, values in times.items()}
    for program, value in median.items():
        print(f"{program}: {value * 1000:.0f} ms of processor time, whole process", file=sys.stderr)
    plain = median["livechat --help"] / median["the same without boxes"]
    print(f"beside the one without boxes it is {plain:.2f} times", file=sys.stderr)
    ratio = median["livechat --help"] / median["typer hello world"]
    print(f"cli_help {ratio:.2f} {GOAL} {'met' if ratio <= GOAL else 'short'}")


if __name__ == "__main__":
    main()
