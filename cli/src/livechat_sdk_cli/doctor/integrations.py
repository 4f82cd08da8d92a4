"""Every integration's own ``check``, all at the same time, each within a time limit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from livechat_sdk.config.documents import IntegrationDocument
from livechat_sdk.errors import ConfigurationError, LivechatError, ProviderError
from livechat_sdk.provider.integration import Finding
from livechat_sdk_cli.doctor.rows import Row
from livechat_sdk_cli.exits import ExitCode, exit_code_of, next_step_of

if TYPE_CHECKING:
    from livechat_sdk.registry import Registry

__all__ = ["build_all", "check_all", "takes_webhooks"]

logger = logging.getLogger("livechat_sdk_cli.doctor")


@runtime_checkable
class _Checked(Protocol):
    """Providers, CRMs and ticket systems alike."""

    async def check(self) -> Sequence[Finding]: ...


def build_all(documents: Mapping[str, IntegrationDocument], registry: Registry) -> dict[str, object]:
    """Ready objects by name. Does no I/O. Raises ``ConfigurationError`` with the problems of all of them."""
    built: dict[str, object] = {}
    problems: list[Any] = []
    for name, document in documents.items():
        try:
            built[name] = registry.build(document.named(name))
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(problems)
    return built


def takes_webhooks(built: object) -> bool:
    """Whether the vendor of this integration posts to the gateway."""
    from livechat_sdk.domain.capabilities import Inbound
    from livechat_sdk.provider.interface import ChatProvider

    return isinstance(built, ChatProvider) and built.capabilities.inbound is Inbound.WEBHOOK


async def check_all(
    built: Mapping[str, object],
    types: Mapping[str, str],
    *,
    seconds: float,
    done: Callable[[str], object],
) -> list[Row]:
    """What every integration found, in the order of the settings; ``done`` hears of each that is through."""

    async def one(name: str) -> list[Row]:
        found = await _check(name, built[name], seconds)
        done(name)
        return [Row(name, types[name], finding, code) for finding, code in found]

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(name), name=f"check {name}") for name in built]
    return [row for task in tasks for row in task.result()]


async def _check(name: str, integration: object, seconds: float) -> list[tuple[Finding, ExitCode]]:
    if not isinstance(integration, _Checked):
        nothing = Finding("check", "ok", "its type has nothing that could be looked at")
        return [(nothing, ExitCode.FINE)]
    try:
        async with asyncio.timeout(seconds):
            return [(finding, _code(finding)) for finding in await integration.check()]
    except TimeoutError:
        late = Finding(
            "check",
            "error",
            f"it was not through after {seconds:g} s",
            "see whether the vendor is slow today, or give it more time with --timeout",
        )
        return [(late, ExitCode.UNREACHABLE)]
    except ProviderError as error:
        return [(Finding.failed("check", error, next_step_of(error) or ""), ExitCode(error.exit_code))]
    except LivechatError as error:
        told = Finding("check", "error", str(error), next_step_of(error) or "")
        return [(told, ExitCode(exit_code_of(error)))]
    except Exception as error:  # a plugin may do anything
        logger.debug("the check of %s failed", name, exc_info=True)
        what = f"the check itself failed with {type(error).__name__}"
        broken = Finding("check", "error", what, "tell whoever wrote the plugin: `livechat plugins` names it")
        return [(broken, ExitCode.CHECK_FAILED)]
    finally:
        await _stop(name, integration)


async def _stop(name: str, integration: object) -> None:
    """Close what the check opened; what goes wrong then is not what was asked for."""
    stop = getattr(integration, "stop", None)
    if stop is None:
        return
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await stop()
    except Exception:
        logger.debug("%s cannot be stopped", name, exc_info=True)


def _code(finding: Finding) -> ExitCode:
    """What a finding leads to: the code of the error behind it, if a call failed."""
    return ExitCode.CHECK_FAILED if finding.cause is None else ExitCode(finding.cause.exit_code)
