"""What `livechat validate` costs for a file with 50 integrations, against importing pydantic.

Both are whole processes, the start of Python included, in processor time, because what else runs on the
machine is nobody's cost. The yardstick declares one pydantic model: pydantic loads what it is made of only
then, and settings have more models than one. What the bare import costs is told beside.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks._processes import compiling, seconds

GOAL = 2.0
ROUNDS = 11
INTEGRATIONS = 50
LIVECHAT = Path(sys.executable).with_name("livechat")
IMPORT = [sys.executable, "-c", "import pydantic"]
MODEL = [sys.executable, "-c", "import pydantic\nclass M(pydantic.BaseModel):\n    x: int"]


def settings() -> str:
    """A file with 50 integrations and a bot that uses them all."""
    lines = ["version: 1", "integrations:"]
    for number in range(INTEGRATIONS):
        lines += [
            f"  zendesk-{number}:",
            "    type: ZENDESK_LIVECHAT",
            f"    baseUrl: https://acme-{number}.zendesk.com",
            f"    appId: app{number}",
            f"    keyId: key{number}",
            f"    secret: 3f9d0c1b7a5e48d2936fbe07c4a185{number:02}",
            f"    webhookKey: 77aa0c1b7a5e48d2936fbe07c4a185{number:02}",
        ]
    lines += ["bots:", "  shop-bot:", "    livechat:", "      integrations:"]
    lines += [f"        - zendesk-{number}" for number in range(INTEGRATIONS)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure in turns, and print the line that ``benchmarks/run.py`` reads."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "livechat.yaml"
        file.write_text(settings(), "utf-8")
        programs = {
            "import pydantic": IMPORT,
            "one pydantic model": MODEL,
            "livechat validate": [str(LIVECHAT), "validate", str(file)],
        }
        environment = compiling(Path(folder) / "compiled")
        for command in programs.values():
            seconds(command, environment)  # compiles what was never imported before
        times: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(ROUNDS):
            for name, command in programs.items():
                times[name].append(seconds(command, environment))
    median = {name: statistics.median(values) for name, values in times.items()}
    for name, value in median.items():
        print(f"{name}: {value * 1000:.0f} ms of processor time, whole process", file=sys.stderr)
    bare = median["livechat validate"] / median["import pydantic"]
    print(f"beside the bare import it is {bare:.2f} times", file=sys.stderr)
    ratio = median["livechat validate"] / median["one pydantic model"]
    print(f"validate_fifty {ratio:.2f} {GOAL} {'met' if ratio <= GOAL else 'short'}")


if __name__ == "__main__":
    main()
