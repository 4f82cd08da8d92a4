from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NoReturn

import pytest
import typer
from typer.testing import CliRunner

from cli.tests.helpers import LIVECHAT, environment, livechat
from livechat_sdk import errors
from livechat_sdk_cli.exits import INTERRUPTED, MEANINGS, CommandError, ExitCode, exit_code_of, next_step_of
from livechat_sdk_cli.group import LivechatGroup

PROMISED = {
    errors.ConfigurationError("x"): 3,
    errors.PluginError("acme", "x"): 4,
    errors.AuthError("x"): 5,
    errors.RetryableError("x"): 6,
    errors.StoreError("x"): 6,
    errors.StoreLocked("x"): 6,
    errors.RejectedError("x"): 7,
    errors.UnavailableError("x"): 7,
    errors.ProtocolError("x"): 7,
    errors.ProviderError("x"): 7,
    errors.UnsupportedFeature("x"): 7,
    errors.WebhookRejected("x"): 7,
    errors.InvalidInput("x"): 2,
    errors.HandoffNotFound("x"): 2,
    errors.MessageTooLarge(2, 1): 2,
    errors.UnknownBot("x", []): 2,
    errors.IntegrationNotFound("x"): 2,
    errors.ErasureRefused("x"): 2,
    errors.FileMissing("x"): 2,
    errors.FileRefused("empty", "x"): 2,
    errors.FilesUnavailable("x"): 6,
    errors.Conflict("x"): 1,
    errors.Expect(0, 1, 0): 1,
    errors.LivechatError("x"): 1,
}


def _all_errors(kind: type[errors.LivechatError] = errors.LivechatError) -> set[type[errors.LivechatError]]:
    public = {getattr(errors, name) for name in errors.__all__}
    return {one for one in public if isinstance(one, type) and issubclass(one, kind)}


@pytest.mark.parametrize(("error", "code"), [*PROMISED.items()], ids=lambda one: type(one).__name__)
def test_each_error_has_its_promised_code(error: errors.LivechatError, code: int) -> None:
    assert exit_code_of(error) == code


def test_no_public_error_is_forgotten() -> None:
    assert {type(error) for error in PROMISED} == _all_errors()


def test_every_code_has_a_meaning_and_a_number_of_its_own() -> None:
    assert [int(code) for code in ExitCode] == list(range(9))
    assert set(MEANINGS) == set(ExitCode)


def test_what_is_not_ours_is_told_apart() -> None:
    assert exit_code_of(KeyError("x")) == ExitCode.BUG
    assert exit_code_of(PermissionError(13, "Permission denied", "x")) == ExitCode.UNREACHABLE
    assert exit_code_of(KeyboardInterrupt()) == INTERRUPTED


def test_next_step_of_settings_names_a_code_that_can_be_explained() -> None:
    problems = [errors.Problem("LC601", "w", severity="warning"), errors.Problem("LC203", "unknown key")]
    assert "`livechat explain code LC203`" in (next_step_of(errors.ConfigurationError(problems)) or "")


# ------------------------------------------------------------------------- how commands end
def _app(problem: BaseException) -> typer.Typer:
    app = typer.Typer(cls=LivechatGroup, rich_markup_mode=None)

    @app.callback()
    def _root() -> None:
        """The root."""

    @app.command()
    def fail() -> NoReturn:
        raise problem

    return app


def _end(problem: BaseException, *words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(_app(problem), [*words, "fail"])
    return result.exit_code, result.stdout, result.stderr


def test_error_of_the_sdk_ends_with_its_text_the_next_step_and_its_code() -> None:
    assert _end(errors.PluginError("acme", "it does not load")) == (
        4,
        "",
        (
            "error: plugin 'acme': it does not load\n"
            "next: `livechat plugins` lists every plugin, and why one was not loaded\n"
        ),
    )


def test_error_of_a_command_brings_its_own_next_step() -> None:
    problem = CommandError("no such thing", code=ExitCode.USAGE, next_step="look elsewhere")
    assert _end(problem) == (2, "", "error: no such thing\nnext: look elsewhere\n")


def test_problems_of_the_settings_are_all_listed() -> None:
    problems = [
        errors.Problem("LC203", "unknown key 'b'", file="a.yaml", line=2, column=1),
        errors.Problem("LC301", "unknown integration 'c'", file="a.yaml", line=3, column=1),
    ]
    code, out, err = _end(errors.ConfigurationError(problems))
    assert (code, out) == (3, "")
    assert [line.split(": ")[0] for line in err.splitlines()] == ["a.yaml:2:1", "a.yaml:3:1", "error", "next"]


def test_refusal_without_a_place_is_one_sentence() -> None:
    problem = errors.ConfigurationError("cannot listen on 127.0.0.1 port 80")
    assert _end(problem) == (3, "", "error: cannot listen on 127.0.0.1 port 80\n")


def test_bug_is_one_line_without_traceback_and_without_the_text_of_the_error() -> None:
    code, out, err = _end(KeyError("canary-secret"))
    assert (code, out) == (1, "")
    assert "unexpected KeyError in " in err
    assert "this is a bug" in err
    assert "Traceback" not in err
    assert "canary-secret" not in err
    assert err.splitlines()[1] == "next: run it again with --debug and report what it prints"


@pytest.mark.parametrize("words", [("--debug",), ()])
def test_traceback_comes_with_debug_wherever_it_stands(words: tuple[str, ...]) -> None:
    app = _app(KeyError("reason"))
    result = CliRunner().invoke(app, [*words, "fail", *(() if words else ("--debug",))])
    assert result.exit_code == 1
    assert "Traceback (most recent call last)" in result.stderr
    assert "KeyError: 'reason'" in result.stderr


def test_file_that_the_system_refuses_is_named() -> None:
    assert _end(PermissionError(13, "Permission denied", "/etc/x\x1b[2J")) == (
        6,
        "",
        "error: /etc/x\\x1b[2J: Permission denied\nnext: check the name, and that this user may use it\n",
    )


def test_interrupt_ends_with_130() -> None:
    code, out, err = _end(KeyboardInterrupt())
    assert code == INTERRUPTED
    assert out == ""
    assert "Traceback" not in err


def test_control_characters_of_an_error_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in _end(errors.StoreError("broken \x1b[31m"))[2]


# ------------------------------------------------------------------------- as a process
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("no-such-command",), "No such command 'no-such-command'"),
        (("shwo",), "Did you mean 'show'?"),
        (("validate", "--no-such-option"), "No such option"),
        (("validate", "--format", "xml"), "xml"),
        (("show", "--limit", "0"), "'--limit'"),
        (("explain", "code", "LC999"), "there is no code 'LC999'"),
    ],
)
def test_wrong_usage_is_2_and_speaks_on_stderr_only(
    words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    done = livechat(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_debug_after_the_command_is_understood(tmp_path: Path) -> None:
    done = livechat("show", "h-1", "--debug", cwd=tmp_path)
    assert done.returncode == 3
    assert "Traceback (most recent call last)" in done.stderr
    assert done.stderr.splitlines()[-2].startswith("error: there is no livechat.yaml here")


def test_debug_after_a_double_dash_is_a_word_like_any_other(tmp_path: Path) -> None:
    done = livechat("validate", "--", "--debug", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout.startswith("--debug: error LC101")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("show", "-h"), ("--version",)])
def test_help_and_version_are_results(words: tuple[str, ...], tmp_path: Path) -> None:
    done = livechat(*words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_reader_that_goes_away_causes_no_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f"'{LIVECHAT}' explain code | head -n 1"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("CODE")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
