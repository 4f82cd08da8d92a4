from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.tests.helpers import assert_golden, install_plugin, invoke, livechat

GOOD = """\
version: 1
integrations:
  desk: {type: HELVIA_LIVECHAT}
bots:
  shop-bot:
    livechat: {integrations: [desk]}
"""

BROKEN = """\
version: 1
integrations:
  desk: {type: HELVIA_LIVECHAT}
bots:
  shop-bot:
    livechat:
      integrations: [desk, dsek]
      bussiness_hours: {}
      request_timeout: soon
"""

WARNING = GOOD.replace("HELVIA_LIVECHAT}", "HELVIA_LIVECHAT}\n  unused: {type: LOCAL_TICKETING}")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, content: str) -> str:
    Path(name).write_text(content, "utf-8")
    return name


# ------------------------------------------------------------------------- exit codes
def test_good_settings_are_0_and_named(tmp_path: Path) -> None:
    write("livechat.yaml", GOOD)
    done = livechat("validate", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "livechat.yaml: valid, no problems\n", "")


def test_quiet_says_nothing_about_good_settings_and_all_about_bad_ones() -> None:
    write("good.yaml", GOOD)
    write("bad.yaml", BROKEN)
    assert invoke("validate", "-q", "good.yaml").stdout == ""
    assert invoke("validate", "-q", "good.yaml", "bad.yaml").stdout == invoke("validate", "bad.yaml").stdout


def test_bad_settings_are_3_with_every_problem_on_stdout(tmp_path: Path) -> None:
    write("livechat.yaml", BROKEN)
    done = livechat("validate", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (3, "")
    assert_golden("validate-broken.txt", done.stdout)


def test_missing_file_is_3(tmp_path: Path) -> None:
    done = livechat("validate", "nowhere.yaml", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout.startswith("nowhere.yaml: error LC101 the file does not exist")


def test_warnings_are_0_and_with_strict_3() -> None:
    write("livechat.yaml", WARNING)
    done = invoke("validate")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "livechat.yaml: valid, 1 warning"
    assert "warning LC6" in done.stdout
    strict = invoke("validate", "--strict")
    assert strict.returncode == 3
    assert strict.stdout.splitlines()[-1] == "livechat.yaml: invalid, 1 warning"


def test_plugin_that_does_not_load_is_4_and_the_settings_are_checked_all_the_same(tmp_path: Path) -> None:
    write("livechat.yaml", BROKEN)
    env = install_plugin(tmp_path, "acme", "import no_such_module")
    done = livechat("validate", cwd=tmp_path, env=env)
    assert done.returncode == 4
    assert "error LC301" in done.stdout
    assert "error: plugin acme of acme 1.2 is not loaded: ModuleNotFoundError" in done.stderr
    assert "next: " in done.stderr


def test_blocked_plugin_may_be_broken(tmp_path: Path) -> None:
    write("livechat.yaml", GOOD + "plugins: {block: [acme]}\n")
    env = install_plugin(tmp_path, "acme", "import no_such_module")
    done = livechat("validate", cwd=tmp_path, env=env)
    assert (done.returncode, done.stderr) == (0, "")


def test_plugins_that_contradict_each_other_are_4(tmp_path: Path) -> None:
    write("livechat.yaml", GOOD)
    toy = "from livechat_sdk_testing.toy import ToyPlugin\nplugin = ToyPlugin()\n"
    install_plugin(tmp_path, "acme-one", toy, value="acme_one:plugin")
    env = install_plugin(tmp_path, "acme-two", toy, value="acme_two:plugin")
    done = livechat("validate", cwd=tmp_path, env=env)
    assert (done.returncode, done.stdout) == (4, "")
    assert "TOY_LIVECHAT" in done.stderr


# ------------------------------------------------------------------------- input
def test_several_files_are_checked_each_on_its_own() -> None:
    write("a.yaml", GOOD)
    write("b.yaml", BROKEN)
    done = invoke("validate", "a.yaml", "b.yaml")
    assert done.returncode == 3
    assert done.stdout.splitlines()[0] == "a.yaml: valid, no problems"
    assert done.stdout.splitlines()[-1] == "b.yaml: invalid, 3 errors"


def test_dash_reads_standard_input(tmp_path: Path) -> None:
    done = livechat("validate", "-", cwd=tmp_path, stdin=GOOD)
    assert (done.returncode, done.stdout) == (0, "<stdin>: valid, no problems\n")
    done = livechat("validate", "-", cwd=tmp_path, stdin=BROKEN)
    assert done.returncode == 3
    assert done.stdout.startswith("<stdin>:7:28: error LC301")


@pytest.mark.parametrize(("content", "code"), [(b"version: \xff", "LC103"), (b"#" * 1_000_001, "LC104")])
def test_standard_input_that_is_no_settings_is_told_apart(content: bytes, code: str) -> None:
    from typer.testing import CliRunner

    from livechat_sdk_cli.main import app

    result = CliRunner().invoke(app, ["validate", "-"], input=content)
    assert result.exit_code == 3
    assert f"error {code}" in result.stdout


def test_integration_document_of_the_platform_is_good_input() -> None:
    write("desk.json", json.dumps({"type": "HELVIA_LIVECHAT", "name": "desk", "category": "LIVECHAT"}))
    assert "error" not in invoke("validate", "desk.json").stdout


# ------------------------------------------------------------------------- formats
def test_json_is_one_document(tmp_path: Path) -> None:
    write("livechat.yaml", BROKEN)
    done = livechat("validate", "--format", "json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (3, "")
    assert_golden("validate-broken.json", done.stdout)
    assert json.loads(done.stdout)["schema_version"] == 1


def test_json_says_which_files_were_checked_and_whether_all_is_well() -> None:
    write("a.yaml", GOOD)
    write("b.yaml", WARNING)
    summary = json.loads(invoke("validate", "a.yaml", "b.yaml", "--format", "json").stdout)["summary"]
    assert summary == {"ok": True, "errors": 0, "warnings": 1, "files": ["a.yaml", "b.yaml"]}
    strict = json.loads(invoke("validate", "b.yaml", "--format", "json", "--strict").stdout)["summary"]
    assert strict["ok"] is False


def test_json_names_the_plugins_that_did_not_load(tmp_path: Path) -> None:
    write("livechat.yaml", GOOD)
    env = install_plugin(tmp_path, "acme", "import no_such_module")
    document = json.loads(livechat("validate", "--format", "json", cwd=tmp_path, env=env).stdout)
    assert document["summary"]["ok"] is False
    assert [one["name"] for one in document["plugins_not_loaded"]] == ["acme"]


def test_github_annotations_are_one_line_each() -> None:
    write("livechat.yaml", BROKEN)
    done = invoke("validate", "--format", "github")
    assert done.returncode == 3
    assert_golden("validate-broken.github", done.stdout)


def test_colour_is_never_the_only_carrier() -> None:
    write("livechat.yaml", BROKEN)
    plain = invoke("validate").stdout
    assert "\x1b" not in plain
    assert "\x1b" not in invoke("validate", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout
    coloured = invoke("validate", env={"FORCE_COLOR": "1"}).stdout
    import re

    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain
    assert coloured != plain


def test_secrets_are_shown_in_no_format() -> None:
    canary = "canary-secret-value"
    write(
        "livechat.yaml",
        GOOD + f"gateway: {{tokens: {canary}, prot: 1}}\nstore_key: [{canary}, {canary}, {canary}]\n",
    )
    for form in ("text", "json", "github"):
        done = invoke("validate", "--format", form)
        assert done.returncode == 3
        assert canary not in done.stdout + done.stderr


# ------------------------------------------------------------------------- mending
SLIPS = """\
# our settings
integrations:
  desk: {type: Helvia_Livechat}  # built in
bots:
  shop-bot:
    livechat:
      integrations: desk
      request_timeout: 2 minutes
gateway: {tokens: 3f9d0c1b7a5e48d2936fbe07c4a1852d, Port: 8081}
"""


def test_fix_mends_the_file_and_shows_what_changed(tmp_path: Path) -> None:
    write("livechat.yaml", SLIPS)
    done = livechat("validate", "--fix", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert_golden("validate-fix.txt", done.stdout)
    after = Path("livechat.yaml").read_text("utf-8")
    assert after.startswith(
        "# our settings\nversion: 1\nintegrations:\n  desk: {type: HELVIA_LIVECHAT}  # built"
    )
    assert "tokens: 3f9d0c1b7a5e48d2936fbe07c4a1852d, port: 8081" in after
    assert livechat("validate", "--fix", cwd=tmp_path).stdout == "livechat.yaml: valid, no problems\n"


def test_dry_run_shows_the_same_and_writes_nothing(tmp_path: Path) -> None:
    write("livechat.yaml", SLIPS)
    done = invoke("validate", "--fix", "--dry-run")
    assert done.returncode == 3
    assert "+version: 1\n" in done.stdout
    assert "5 problems would be mended (LC201, LC203, LC205, LC210, LC401)" in done.stdout
    assert "3f9d0c1b" not in done.stdout
    assert Path("livechat.yaml").read_text("utf-8") == SLIPS


def test_document_stays_alone_on_standard_output_when_something_is_mended(tmp_path: Path) -> None:
    write("livechat.yaml", SLIPS)
    done = livechat("validate", "--fix", "--format", "json", cwd=tmp_path)
    assert json.loads(done.stdout)["summary"]["ok"] is True
    assert "+version: 1\n" in done.stderr


@pytest.mark.parametrize("words", [("--dry-run",), ("--fix", "-")])
def test_mending_what_cannot_be_mended_is_wrong_usage(words: tuple[str, ...], tmp_path: Path) -> None:
    done = livechat("validate", *words, cwd=tmp_path, stdin=GOOD)
    assert (done.returncode, done.stdout) == (2, "")
    assert "next: " in done.stderr


def test_file_that_may_not_be_written_is_told_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    write("livechat.yaml", SLIPS)

    def refused(**_: object) -> tuple[int, str]:
        raise PermissionError(13, "Permission denied", "livechat.yaml")

    monkeypatch.setattr(tempfile, "mkstemp", refused)
    done = invoke("validate", "--fix")
    assert done.returncode == 6
    assert Path("livechat.yaml").read_text("utf-8") == SLIPS


def test_secrets_stay_out_of_tracebacks_too(tmp_path: Path) -> None:
    secret = "7qZx9kWv3mTb5nRd8pSf2hUg6jYc4fLe"
    text = SLIPS.replace("3f9d0c1b7a5e48d2936fbe07c4a1852d", secret)
    text += f"store: postgresql://user:{secret}@host/db?bad=1\nstore_key: [{secret}, 5, 6]\nbots: {secret}\n"
    write("livechat.yaml", text)
    for words in (
        ("validate",),
        ("serve",),
        ("show",),
        ("migrate", "--dry-run"),
        ("validate", "--fix", "--dry-run"),
    ):
        done = livechat(*words, "--debug", cwd=tmp_path)
        assert done.returncode != 0
        assert not [at for at in range(len(secret) - 6) if secret[at : at + 6] in done.stdout + done.stderr]
