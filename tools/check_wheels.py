"""Build every distribution and use it as a stranger would: from its wheel, outside the workspace.

1. Source archive and wheel of every workspace member are built; each wheel ships ``py.typed`` and its
   licence, and no tests.
2. The core and one provider in an empty environment: ``import livechat_sdk`` works.
3. With the command line added, ``livechat plugins`` lists the provider.
4. With the provider taken away, the core imports and ``livechat plugins`` still answers, without it.
5. Each distribution alone in an environment of its own brings what its import needs.

Third-party packages come at the versions of ``uv.lock``, so that the answer depends on nothing but this tree.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = str(Path(sys.executable).parent / "uv")
PROVIDER = "livechat-sdk-helvia"
COMMAND_LINE = "livechat-sdk-cli"


class CheckFailedError(Exception):
    """Something that a user of the wheels would trip over; the text says what."""


def call(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a command and return what it printed; raise ``CheckFailedError`` with its words if it fails."""
    # No variable of the workspace may leak into the environments under test.
    leaky = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX", "UV_PROJECT_ENVIRONMENT")
    environment = {name: value for name, value in os.environ.items() if name not in leaky}
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        shown = " ".join(str(part) for part in command)
        raise CheckFailedError(
            f"exit code {done.returncode} from: {shown}\n{done.stdout}{done.stderr}".strip()
        )
    return done.stdout


def members() -> dict[str, Path]:
    """Name and folder of every distribution of the workspace, the core first."""
    root = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    folders = [ROOT, *(ROOT / member for member in root["tool"]["uv"]["workspace"]["members"])]
    return {
        tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]["name"]: folder
        for folder in folders
    }


def import_name(distribution: str) -> str:
    """``livechat-sdk-helvia`` is imported as ``livechat_sdk_helvia``."""
    return distribution.replace("-", "_")


def build(target: Path) -> None:
    """Build all source archives and wheels, with the build backend of our own environment."""
    call(
        *(UV, "build", "--quiet", "--all-packages", "--no-build-isolation"),
        *("--python", sys.executable, "--out-dir", target),
    )


def check_contents(wheel: Path, distribution: str) -> None:
    """A wheel holds its package, ``py.typed`` and the licence, and nothing that is not for users."""
    package = import_name(distribution)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    if tops != {package}:
        raise CheckFailedError(f"{wheel.name} installs {sorted(tops)}, expected only {package}")
    if f"{package}/py.typed" not in names:
        raise CheckFailedError(f"{wheel.name} lacks py.typed: type checkers would ignore its types")
    if not any(name.endswith(".dist-info/licenses/LICENSE") for name in names):
        raise CheckFailedError(f"{wheel.name} lacks the LICENSE file")
    templates = f"{package}/templates/"  # packages to be made: their tests are for their users
    stray = [
        name
        for name in names
        if ("/tests/" in name and not name.startswith(templates)) or name.endswith((".db", ".pyc"))
    ]
    if stray:
        raise CheckFailedError(f"{wheel.name} ships what is not for users: {', '.join(stray[:5])}")


class Environment:
    """An empty virtual environment outside the workspace that installs from our wheels."""

    def __init__(self, folder: Path, versions: Path) -> None:
        self.folder = folder
        self.versions = versions
        self.python = folder / "bin" / "python"
        call(UV, "venv", "--quiet", "--no-project", "--python", sys.executable, folder)

    def install(self, *distributions: str) -> None:
        """Install distributions of ours from their wheels, and what they need at the locked versions."""
        call(
            *(UV, "pip", "install", "--quiet", "--python", str(self.python)),
            *("--constraints", str(self.versions), *distributions),
            cwd=self.folder,
        )

    def remove(self, distribution: str) -> None:
        """Uninstall one distribution."""
        call(UV, "pip", "uninstall", "--quiet", "--python", self.python, distribution, cwd=self.folder)

    def run(self, *arguments: str) -> str:
        """Run Python in the environment, from its own folder, and return what it printed."""
        return call(self.python, *arguments, cwd=self.folder)

    def plugins(self) -> str:
        """What ``livechat plugins`` prints in this environment."""
        return call(self.folder / "bin" / "livechat", "plugins", cwd=self.folder)


def check_together(environment: Environment) -> None:
    """Core and provider, then the command line, then the provider taken away."""
    environment.install("livechat-sdk", PROVIDER)
    environment.run("-c", "import livechat_sdk")
    environment.install(COMMAND_LINE)
    listed = environment.plugins()
    if "helvia" not in listed.lower():
        raise CheckFailedError(
            f"`livechat plugins` does not list {PROVIDER} although it is installed:\n{listed}"
        )
    environment.remove(PROVIDER)
    environment.run("-c", "import livechat_sdk")
    listed = environment.plugins()
    if "livechat_sdk_helvia" in listed or PROVIDER in listed:
        raise CheckFailedError(f"`livechat plugins` still lists {PROVIDER} although it is gone:\n{listed}")


def check_all(folder: Path) -> None:
    """Do everything that the head of this file lists, in ``folder``; raise ``CheckFailedError``."""
    wheels, versions = folder / "wheels", folder / "versions.txt"
    build(wheels)
    lines = call(
        *(UV, "export", "--quiet", "--frozen", "--all-packages", "--all-extras", "--no-hashes"),
        *("--no-emit-workspace", "--no-header", "--no-annotate"),
    ).splitlines()
    for distribution in members():
        found = list(wheels.glob(f"{import_name(distribution)}-*.whl"))
        if len(found) != 1:
            raise CheckFailedError(f"expected one wheel of {distribution}, found {len(found)}")
        check_contents(found[0], distribution)
        # Pinned to the file, so that a package of the same name elsewhere can never be taken for ours.
        lines.append(f"{distribution} @ {found[0].as_uri()}")
    versions.write_text("\n".join(lines), "utf-8")
    check_together(Environment(folder / "together", versions))
    for distribution in members():
        alone = Environment(folder / distribution, versions)
        alone.install(distribution)
        alone.run("-c", f"import {import_name(distribution)}")


def main() -> int:
    """Check everything; print one line, or what is wrong."""
    try:
        with tempfile.TemporaryDirectory(prefix="livechat-wheels-") as folder:
            check_all(Path(folder))
    except CheckFailedError as problem:
        print(f"wheels: {problem}", file=sys.stderr)
        return 1
    print(f"wheels: {len(members())} distributions build, install and work outside the workspace")
    return 0


if __name__ == "__main__":
    sys.exit(main())
