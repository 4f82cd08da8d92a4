"""``--fix``: what it mends, what it leaves alone, and how files are written."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from livechat_sdk.config import load_text
from livechat_sdk.config.fixing import Fixed, fix_file, write_changes
from livechat_sdk.config.mending import apply_fixes
from livechat_sdk.config.render import render
from livechat_sdk.errors import ConfigurationError
from tests.config.vendors import ENV, TYPES

HERE = Path(__file__).parent
BROKEN = sorted((HERE / "broken").glob("*.yaml"))
GOOD = sorted(one for one in (HERE / "good").glob("*.*") if one.is_file())

SECRET = "3f9d0c1b7a5e48d2936fbe07c4a1852d"
BOT = "bots: {shop-bot: {livechat: {integrations: [desk]}}}\n"
INCLUDED = "# ours\nintegrations:\n  desk: {type: Helvia_livechat} # built in"
DESK = "integrations: {desk: {type: HELVIA_LIVECHAT}}\n"


def fixed(tmp_path: Path, text: str) -> Fixed:
    file = tmp_path / "livechat.yaml"
    file.write_bytes(text.encode())
    return fix_file(file, types=TYPES, env=ENV)


def text_after(tmp_path: Path, text: str) -> str:
    changes = fixed(tmp_path, text).changes
    return changes[0].after if changes else text


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (f"{DESK}{BOT}", f"version: 1\n{DESK}{BOT}"),
        (f"WorkSpace: a\n{DESK}{BOT}", f"version: 1\nworkspace: a\n{DESK}{BOT}"),
        (f"verison: 1\n{DESK}{BOT}", f"version: 1\n{DESK}{BOT}"),
        (f"{DESK}{BOT}Version: '1'\n", f"{DESK}{BOT}version: 1\n"),
        (f'version: "1" # ours\n{DESK}{BOT}', f"version: 1 # ours\n{DESK}{BOT}"),
        (f"version: 1.0\n{DESK}{BOT}", f"version: 1\n{DESK}{BOT}"),
        (
            f"version: 1\nstore: sqlite://a.db\n{DESK}{BOT}",
            f'version: 1\nstore: "sqlite:///a.db"\n{DESK}{BOT}',
        ),
        (f"version: 1\nReconcileEvery: 5m\n{DESK}{BOT}", f"version: 1\nreconcile_every: 5m\n{DESK}{BOT}"),
        (f"version: 1\nworkspace: 5\n{DESK}{BOT}", f'version: 1\nworkspace: "5"\n{DESK}{BOT}'),
        (f"version: 1\nworkspace: true\n{DESK}{BOT}", f'version: 1\nworkspace: "true"\n{DESK}{BOT}'),
        (
            f"version: 1\nreconcile_every: 5 minutes  # slow\n{DESK}{BOT}",
            f"version: 1\nreconcile_every: 5m  # slow\n{DESK}{BOT}",
        ),
        (f"version: 1\n{DESK}{BOT}".replace("[desk]", "desk"), f"version: 1\n{DESK}{BOT}"),
        (f"version: 1\n{DESK}{BOT}".replace("[desk]", "[Desk]"), f"version: 1\n{DESK}{BOT}"),
        (
            f"version: 1\n{DESK}{BOT}".replace("[desk]", "['Desk']"),
            f"version: 1\n{DESK}{BOT}".replace("[desk]", "['desk']"),
        ),
        (f"version: 1\n{DESK}{BOT}".replace("[desk]", "[desk, desk]"), f"version: 1\n{DESK}{BOT}"),
        (
            f"version: 1\n{DESK}{BOT}".replace("HELVIA_LIVECHAT", "helvia-livechat"),
            f"version: 1\n{DESK}{BOT}",
        ),
        (f"version: 1\n{DESK}{BOT}".replace("HELVIA", "HELVIAA"), f"version: 1\n{DESK}{BOT}"),
        (
            f"version: 1\n{DESK}{BOT}".replace("desk", "5"),
            f"version: 1\n{DESK}{BOT}".replace("desk", '"5"'),
        ),
        (f"%YAML 1.1\n---\nversion: 1\n{DESK}{BOT}", f"%YAML 1.2\n---\nversion: 1\n{DESK}{BOT}"),
        (
            f"version: 1\n{DESK}".replace("{type", "{category: CRM, type") + BOT,
            f"version: 1\n{DESK}".replace("{type", "{category: LIVECHAT, type") + BOT,
        ),
        (
            f"version: 1\n{DESK}{BOT}".replace("[desk]", "[desk], doubtful: Hold"),
            f"version: 1\n{DESK}{BOT}".replace("[desk]", "[desk], doubtful: hold"),
        ),
        (
            f"version: 1\n{DESK}bots:\n  a:\n    livechat:\n     integrations:\n     - desk\n     - desk\n",
            f"version: 1\n{DESK}bots:\n  a:\n    livechat:\n     integrations:\n     - desk\n",
        ),
        (
            f"version: 1\n{DESK}bots:\n\u00a0shop-bot: {{livechat: {{integrations: [desk]}}}}\n",
            f"version: 1\n{DESK}bots:\n shop-bot: {{livechat: {{integrations: [desk]}}}}\n",
        ),
    ],
)
def test_slip_is_mended_and_nothing_else(wrong: str, right: str, tmp_path: Path) -> None:
    after = text_after(tmp_path, wrong)
    assert after == right
    assert not load_text(after, types=TYPES, env=ENV).errors


def test_json_is_mended_as_json(tmp_path: Path) -> None:
    import json

    wrong = '{"integrations": {"desk": {"type": "helvia_livechat"}}, "bots": {}}'
    after = text_after(tmp_path, wrong)
    assert json.loads(after)["version"] == 1
    assert json.loads(after)["integrations"]["desk"]["type"] == "HELVIA_LIVECHAT"


def test_one_mended_place_may_show_another(tmp_path: Path) -> None:
    wrong = f"version: 1\nReconcile_every: 5 min\n{DESK}{BOT}"
    result = fixed(tmp_path, wrong)
    assert result.changes[0].after == f"version: 1\nreconcile_every: 5m\n{DESK}{BOT}"
    assert result.codes == ("LC203", "LC210")
    assert not result.after.problems


@pytest.mark.parametrize(
    "text",
    [
        f"version: 1\nstore_kye: 3f9d0c1b7a5e48d2936fbe07c4a1852d\n{DESK}{BOT}",
        f"version: 1\nStoreKey: 3f9d0c1b7a5e48d2936fbe07c4a1852d\n{DESK}{BOT}",
        f"version: 1\nstore_key: 12345678901234567890123456789012\n{DESK}{BOT}",
        f"version: 1\ngateway: {{token: 3f9d0c1b7a5e48d2936f}}\n{DESK}{BOT}",
        f'version: 1\ngateway: {{tokens: ["${{LONG}}", "${{LONG}}"]}}\n{DESK}{BOT}',
        f"version: 1\nworkspace: ${{NOT_SET}}\n{DESK}{BOT}",
        f"version: 1\n{DESK}{BOT}".replace("[desk]", "[night]"),
        f"version: 2\n{DESK}{BOT}",
        f"version: 1\ncolour: red\n{DESK}{BOT}",
        f"version: 1\nworkspace: [\n{DESK}{BOT}",
    ],
)
def test_what_is_secret_or_doubtful_is_left_to_a_person(text: str, tmp_path: Path) -> None:
    result = fixed(tmp_path, text)
    assert result.changes == ()
    assert result.before.problems


def test_value_from_the_environment_is_not_written_into_the_file(tmp_path: Path) -> None:
    text = f"version: 1\nreconcile_every: ${{EVERY}}\n{DESK}{BOT}"
    file = tmp_path / "livechat.yaml"
    file.write_text(text)
    assert fix_file(file, types=TYPES, env={"EVERY": "5 minutes"}).changes == ()


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_broken_file_gets_no_worse_and_keeps_its_comments_and_secrets(file: Path) -> None:
    result = fix_file(file, types=TYPES, env=ENV)
    assert result.after.view.understood >= result.before.view.understood
    assert bool(result.codes) == bool(result.changes)
    assert not result.after.fixes
    for change in result.changes:
        comments = [re.findall(r"#.*", text) for text in (change.before, change.after)]
        assert comments[0] == comments[1]
        references = [re.findall(r"\$\{.*?\}", text) for text in (change.before, change.after)]
        assert references[0] == references[1]
        for line in change.diff:
            assert not re.search(r"[0-9a-f]{20}", line), line


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.name)
def test_good_file_is_left_as_it_is(file: Path) -> None:
    assert fix_file(file, types=TYPES, env=ENV).changes == ()


def test_included_file_is_mended_where_the_mistake_is(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text(INCLUDED)
    result = fixed(tmp_path, f"version: 1\ninclude: [desk.yaml]\n{BOT}")
    (change,) = result.changes
    assert change.path.name == "desk.yaml"
    assert change.after == INCLUDED.replace("Helvia_livechat", "HELVIA_LIVECHAT")
    write_changes(result.changes)
    assert (tmp_path / "desk.yaml").read_text() == change.after


def test_file_that_two_include_is_mended_once(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text("integrations: {desk: {type: Helvia_livechat}}\n")
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("include: [desk.yaml]\n")
    result = fixed(tmp_path, f"version: 1\ninclude: [a.yaml, b.yaml]\n{BOT}")
    assert [one.after for one in result.changes] == [DESK]


# -------------------------------------------------------------------------------------- writing
def test_diff_shows_the_changed_lines_without_secrets(tmp_path: Path) -> None:
    text = f"version: 1\nstore_key: {SECRET}\n"
    text += f"integrations: {{a: {{type: zendesk_livechat, secret: {SECRET}}}}}\n"
    (change,) = fixed(tmp_path, text).changes
    assert SECRET in change.after
    assert [line for line in change.diff if line[:2] not in ("--", "++")] == [
        "@@ -3 +3 @@",
        "-integrations: {a: {type: zendesk_livechat, secret: ***}}",
        "+integrations: {a: {type: ZENDESK_LIVECHAT, secret: ***}}",
    ]
    assert SECRET not in repr(change)


def test_file_keeps_its_rights_its_mark_and_its_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "livechat.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + f"{DESK}{BOT}".replace("\n", "\r\n").encode())
    file.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(file)
    write_changes(fix_file(link, types=TYPES, env=ENV).changes)
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfversion: 1\n")
    assert content.endswith(b"[desk]}}}\r\n")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link.yaml", "livechat.yaml"]


def test_file_that_was_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    result = fixed(tmp_path, f"{DESK}{BOT}")
    (tmp_path / "livechat.yaml").write_text("workspace: mine\n")
    with pytest.raises(ConfigurationError, match="changed meanwhile"):
        write_changes(result.changes)
    assert (tmp_path / "livechat.yaml").read_text() == "workspace: mine\n"


def test_file_stays_whole_when_it_cannot_be_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = fixed(tmp_path, f"{DESK}{BOT}")

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        write_changes(result.changes)
    assert (tmp_path / "livechat.yaml").read_text() == f"{DESK}{BOT}"
    assert [one.name for one in tmp_path.iterdir()] == ["livechat.yaml"]


def test_fixes_of_a_load_can_be_applied_by_a_program() -> None:
    text = f"{DESK}{BOT}"
    loaded = load_text(text, types=TYPES, env=ENV)
    after = apply_fixes(text, loaded.fixes)
    assert not load_text(after, types=TYPES, env=ENV).problems, render(loaded.problems)
