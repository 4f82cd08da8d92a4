"""Cisco live chat: ``CISCO_LIVECHAT``, over the customer chat of the Customer Collaboration Platform.

============  ====================================================================================
``settings``  what a person writes into ``livechat.yaml``
``plugin``    offers the type; light, because it is loaded wherever it is installed
``provider``  one method for each thing that the vendor can do
``told``      our words in Cisco's: author, title, extension fields, and the words for an agent who joins
``api``       the vendor's calls, one method each, and what its refusals mean
``xml``       XML from outside, read within limits and without entities; XML of our own
``cookies``   the session of one chat
``events``    what a poll brings, translated
``room``      who is in the chat, and what of it has been heard
``checking``  what ``livechat doctor`` looks at
============  ====================================================================================
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

    return version("livechat-sdk-cisco")
