"""Packages whose names are loaded when they are used."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

LAZY = ("livechat_sdk", "livechat_sdk.config", "livechat_sdk.hooks", "livechat_sdk.provider")


@pytest.mark.parametrize("package", LAZY)
def test_every_name_that_is_promised_is_there(package: str) -> None:
    module = importlib.import_module(package)
    missing = [name for name in module.__all__ if getattr(module, name, None) is None]
    assert missing == []


@pytest.mark.parametrize("package", LAZY)
def test_what_is_not_there_is_named_with_its_package(package: str) -> None:
    module = importlib.import_module(package)
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'nothing'"):
        module.nothing  # noqa: B018


@pytest.mark.parametrize("package", LAZY)
def test_a_name_is_loaded_once(package: str) -> None:
    module = importlib.import_module(package)
    name = module.__all__[0]
    loaded = getattr(module, name)
    assert vars(module)[name] is loaded


def test_offering_integration_types_loads_neither_pydantic_nor_a_client() -> None:
    program = """
import sys
from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.provider.integration import IntegrationType

@hookimpl
def livechat_integration_types():
    return (IntegrationType(type="ACME", kind="livechat", settings="acme.settings:Acme", build=print),)

livechat_integration_types()
print(*sorted({"pydantic", "httpx", "asyncio", "sqlite3"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
