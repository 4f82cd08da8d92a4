"""Ticket systems, one package for each, on a common base.

================  ================================================================================
``system``        the base: the three hooks once, and what a ticket system's adapter gives
``capabilities``  what a ticket system can do
``preparing``     a draft made to fit: limits, files, fields, what could not be carried
``fields``        the map from labels to the vendor's fields, checked before anything is sent
``escaping``      text for plain, HTML, wiki, Markdown and journal targets
``marks``         our keys where vendors show and search them
``zendesk``       tickets through Zendesk's Ticketing API
``dynamics``      cases through Dataverse's Web API
``freshdesk``     tickets through Freshdesk's API, version 2
``salesforce``    cases through Salesforce's REST API
``jira``          requests of a service desk in Jira Service Management Cloud
``servicenow``    incidents or cases through ServiceNow's Table API
``plugin``        offers the types; light, because it is loaded wherever it is installed
================  ================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    __version__: str

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """Read ``__version__`` from the installed distribution when it is first asked for."""
    if name != "__version__":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib.metadata import version

    return version("livechat-sdk-tickets")
