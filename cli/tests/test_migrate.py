from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.tests.helpers import assert_golden, invoke, livechat

SECRET = "3f9d0c1b7a5e48d2936fbe07c4a1852d"
OLD = f"""\
# our settings
storeKey: {SECRET}
integrations:
  desk: {{type: HELVIA_LIVECHAT}}
bots:
  shop-bot:
    livechat:
      integrations: [desk]
      requestTimeout: 3m  # people wait
"""
DOCUMENTS = [
    {"name": "Desk", "type": "HELVIA_LIVECHAT", "category": "LIVECHAT"},
    {"name": "Acme", "type": "ZENDESK_CRM", "category": "CRM", "apiToken": SECRET},
]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_file_is_brought_to_todays_form_and_the_changes_are_shown(tmp_path: Path) -> None:
    Path("livechat.yaml").write_text(OLD)
    done = livechat("migrate", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert_golden("migrate.txt", done.stdout)
    assert SECRET not in done.stdout
    text = Path("livechat.yaml").read_text()
    assert text.startswith(f"# our settings\nversion: 1\nstore_key: {SECRET}\n")
    assert "request_timeout: 3m  # people wait" in text
    assert livechat("validate", cwd=tmp_path).returncode == 0
    again = livechat("migrate", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (0, "livechat.yaml: of today's form, nothing to do\n")


def test_dry_run_writes_nothing() -> None:
    Path("livechat.yaml").write_text(OLD)
    done = invoke("migrate", "--dry-run")
    assert done.returncode == 0
    assert "+version: 1" in done.stdout
    assert done.stdout.endswith("nothing is written\n")
    assert Path("livechat.yaml").read_text() == OLD


def test_documents_of_the_platform_become_a_new_file_that_only_its_owner_reads() -> None:
    Path("export.json").write_text(json.dumps(DOCUMENTS))
    done = invoke("migrate", "export.json", "--output", "livechat.yaml")
    assert done.returncode == 0
    assert SECRET not in done.stdout
    assert "integration 'Acme' stands under its name" in done.stdout
    file = Path("livechat.yaml")
    assert file.stat().st_mode & 0o777 == 0o600
    assert f"apiToken: {SECRET}" in file.read_text()
    assert json.loads(Path("export.json").read_text()) == DOCUMENTS


def test_json_does_not_become_yaml_under_its_name() -> None:
    Path("export.json").write_text(json.dumps(DOCUMENTS))
    done = invoke("migrate", "export.json")
    assert done.returncode == 2
    assert "--output livechat.yaml" in done.stderr
    assert json.loads(Path("export.json").read_text()) == DOCUMENTS


def test_file_that_is_there_is_not_overwritten() -> None:
    Path("old.yaml").write_text(OLD)
    Path("livechat.yaml").write_text("mine")
    done = invoke("migrate", "old.yaml", "-o", "livechat.yaml")
    assert done.returncode == 3
    assert "is there already" in done.stderr
    assert Path("livechat.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("content", "code"), [(b"version: 7\n", "LC202"), (b"a: [\n", "LC105"), (b"\xff\xfe", "LC103")]
)
def test_what_is_no_settings_file_is_3_and_stays(content: bytes, code: str) -> None:
    Path("livechat.yaml").write_bytes(content)
    done = invoke("migrate")
    assert done.returncode == 3
    assert code in done.stderr
    assert Path("livechat.yaml").read_bytes() == content


def test_missing_file_is_named() -> None:
    done = invoke("migrate", "nowhere.yaml")
    assert done.returncode == 6
    assert "nowhere.yaml" in done.stderr
