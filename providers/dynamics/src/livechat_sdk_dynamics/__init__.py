"""Contacts of Microsoft Dynamics 365: ``MICROSOFT_DYNAMICS_CRM``, over the Dataverse Web API.

==============  ==================================================================================
``settings``    what a person writes into ``livechat.yaml``
``properties``  what is shown of a contact: label, path and kind, and how its value becomes words
``plugin``      offers the type; light, because it is loaded wherever it is installed
``source``      a contact is found by key or read by id, and told with its company and cases
``api``         Dataverse's calls, one method each
``odata``       literals and conditions that nobody can write themselves out of
``labels``      the words of choices in the end user's language
``errors``      what Dataverse's codes mean where the status says something else
``checking``    what ``livechat doctor`` looks at
==============  ==================================================================================
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

    return version("livechat-sdk-dynamics")
