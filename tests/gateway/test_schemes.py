"""Weak webhooks are named when the gateway starts, each by its integration."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from pydantic import SecretStr

from livechat_sdk import Dispatcher, Registry
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.domain.capabilities import Inbound, WebhookAuth
from livechat_sdk.gateway import create_app
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider


def _said(
    folder: Path, caplog: pytest.LogCaptureFixture, *, secret: bool = True, **changes: object
) -> list[str]:
    plugin = ToyPlugin(capabilities=ToyProvider.capabilities.model_copy(update=changes))
    document = {"type": "TOY_LIVECHAT", **({"webhookKey": plugin.key} if secret else {})}
    settings = LivechatFile.model_validate(
        {"store": f"sqlite:///{folder}/livechat.db", "integrations": {"acme": document}}
    )
    dispatcher = Dispatcher(settings, channel=RecordingChannel(), registry=Registry({"toy": plugin}))
    caplog.set_level(logging.INFO, "livechat_sdk.gateway")
    create_app(dispatcher, tokens=[SecretStr("token-of-the-platform-0123456789")])
    assert plugin.key not in caplog.text
    return [f"{one.levelname}: {one.getMessage()}" for one in caplog.records]


def test_shared_key_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    [said] = _said(tmp_path, caplog)
    assert said.startswith("WARNING: integration 'acme' is sent the same key with every webhook")


def test_signature_without_a_time_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    [said] = _said(tmp_path, caplog, webhook_auth=WebhookAuth.BODY_HMAC)
    assert said.startswith("INFO: integration 'acme' signs the body of its webhooks and not the time")


def test_signature_with_a_time_needs_no_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert _said(tmp_path, caplog, webhook_auth=WebhookAuth.BODY_HMAC_TIME) == []


@pytest.mark.parametrize("scheme", [WebhookAuth.BODY_HMAC_TIME, WebhookAuth.SHARED_KEY])
def test_missing_secret_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, scheme: WebhookAuth
) -> None:
    [said] = _said(tmp_path, caplog, secret=False, webhook_auth=scheme)
    assert said.startswith("WARNING: integration 'acme' has no secret")


def test_an_integration_without_webhooks_is_not_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert _said(tmp_path, caplog, secret=False, inbound=Inbound.POLL, webhook_auth=WebhookAuth.NONE) == []
