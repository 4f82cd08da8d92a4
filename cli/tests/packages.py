"""Makes a package with ``livechat new`` and runs the checks that its README names, off line."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from cli.tests.helpers import Done, environment, livechat

__all__ = ["Package", "made"]

_TOOLS = Path(sys.executable).parent
_CALM = ("-p", "no:randomly", "-p", "no:cacheprovider")


class Package:
    """A package in a folder, with an environment of its own on top of that of the tests."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        self.env = environment({"XDG_CACHE_HOME": str(cache), "PIP_NO_INDEX": "1", "NO_COLOR": "1"})
        self.home = folder.parent / f"{folder.name}-env"
        self.python = self.home / "bin" / "python"

    def run(self, *words: str | Path, seconds: float = 120) -> Done:
        """Run a program in the folder."""
        env = {**self.env, "PATH": f"{self.home / 'bin'}{os.pathsep}{self.env['PATH']}"}
        done = subprocess.run(
            words, cwd=self.folder, env=env, capture_output=True, text=True, timeout=seconds, check=False
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def asks_to_be_installed(self) -> None:
        """Before it is installed, its test of the entry point says in a sentence what to do."""
        importable = {**self.env, "PYTHONPATH": str(self.folder / "src")}
        words = [sys.executable, "-m", "pytest", "-q", *_CALM, "-k", "entry_point"]
        done = subprocess.run(
            words, cwd=self.folder, env=importable, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 1, done.stdout + done.stderr
        sentence = 'not installed yet: run `pip install -e ".[dev]"` in the folder of this package'
        assert f"AssertionError: {sentence}" in done.stdout

    def install(self) -> None:
        """``pip install -e .`` with what is at hand: nothing is asked for over the network."""
        venv.EnvBuilder(with_pip=False, symlinks=True).create(self.home)
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        shared = sysconfig.get_paths()["purelib"]
        below = self.home / "lib" / version / "site-packages" / "shared.pth"
        below.write_text(f"import site; site.addsitedir({shared!r})\n", "utf-8")
        pip = [sys.executable, "-m", "pip", "--python", str(self.python)]
        done = self.run(*pip, "install", "--quiet", "--no-build-isolation", "--editable", ".")
        assert done.returncode == 0, done.stdout + done.stderr

    def passes(self, *words: str | Path) -> str:
        """A check is green; returns what it said."""
        done = self.run(*words)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def livechat(self, *words: str) -> str:
        """What a command line says in the package's own environment; it ends well."""
        program = "from livechat_sdk_cli.main import main; main()"
        return self.passes(self.python, "-c", program, *words)

    def passes_lint_and_types(self) -> None:
        """ruff, mypy and pyright."""
        self.passes(_TOOLS / "ruff", "check", "--no-cache")
        self.passes(_TOOLS / "ruff", "format", "--check", "--no-cache")
        self.passes(_TOOLS / "mypy", "--python-executable", self.python)
        self.passes(_TOOLS / "pyright", "--pythonpath", self.python)

    def passes_its_tests(self, *files: str) -> str:
        """pytest, as the README says."""
        return self.passes(self.python, "-m", "pytest", "-q", *_CALM, *files)


def made(folder: Path, *words: str) -> Package:
    """What ``livechat new WORDS`` makes in ``folder``."""
    cache = folder / "cache"
    done = livechat("new", *words, "--out", folder / "made", cwd=folder, env={"XDG_CACHE_HOME": str(cache)})
    assert done.returncode == 0, done.stderr
    return Package(folder / "made", cache)
