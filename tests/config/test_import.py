"""Reading settings costs nothing to programs that have none to read."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


def loaded_by(program: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport json, sys\nprint(json.dumps(list(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_package_alone_loads_neither_models_nor_parsers() -> None:
    loaded = loaded_by("import livechat_sdk.config")
    assert not {name for name in loaded if name.startswith(("ruamel", "livechat_sdk.config."))}


def test_json_and_dictionaries_need_no_yaml_parser() -> None:
    program = (
        "from livechat_sdk.config import load_mapping, load_text\n"
        "load_mapping({'version': 1}, types=())\n"
        "load_text('{\"version\": 1}', types=())"
    )
    assert not {name for name in loaded_by(program) if name.startswith("ruamel")}


def test_yaml_loads_the_parser() -> None:
    program = "from livechat_sdk.config import load_text\nload_text('version: 1', types=())"
    assert "ruamel.yaml" in loaded_by(program)


@pytest.mark.parametrize("name", ["load_file", "load_mapping", "LivechatFile", "require"])
def test_names_are_found_where_they_are_promised(name: str) -> None:
    import livechat_sdk.config

    assert name in livechat_sdk.config.__all__
    assert getattr(livechat_sdk.config, name).__name__ == name


def test_every_promised_name_exists_and_no_other_does() -> None:
    import livechat_sdk.config

    for name in livechat_sdk.config.__all__:
        assert getattr(livechat_sdk.config, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'load_everything'"):
        _ = livechat_sdk.config.load_everything
