"""Settings of the integration types that come with the SDK, apart from what the types do."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from livechat_sdk.provider.settings import IntegrationSettings

__all__ = ["CSV_CONTACTS", "LOCAL_TICKETING", "CsvContactsSettings", "LocalTicketingSettings"]

LOCAL_TICKETING: Final = "LOCAL_TICKETING"
"""The name of the type of tickets beside the ledger."""

CSV_CONTACTS: Final = "CSV_CONTACTS"
"""The name of the type of contacts from a file."""


class CsvContactsSettings(IntegrationSettings):
    """``path`` of the file; a relative one starts at the working directory of the process.

    The first line names the columns. ``id`` must be there; ``name``, ``email``, ``phone`` and ``link`` (an
    http or https address) are known too; every other column is shown to the agent under its own name.
    The separator is a comma or a semicolon, the encoding UTF-8.
    """

    path: str = Field(min_length=1, max_length=1000)
    """The file; a relative path starts at the working directory of the process."""


class LocalTicketingSettings(IntegrationSettings):
    """Nothing to set: the tickets live in the store of the workspace."""
