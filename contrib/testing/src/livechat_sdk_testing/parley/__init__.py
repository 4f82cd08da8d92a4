"""The model adapter: ``PARLEY_LIVECHAT``, for the example vendor of ``docs/reference/parley.md``.

Parley does not exist, so nobody is offered it: the type is there for whoever hands ``ParleyPlugin`` to a
``Registry``. Read it as what an adapter looks like:

=============  ===================================================================================
``settings``   what a person writes into ``livechat.yaml``
``plugin``     offers the type; light, because it is loaded wherever it is installed
``provider``   one method for each thing that the vendor can do
``opening``    our words in the vendor's: what an agent is told when a chat is opened, or later
``wire``       the vendor's words: what its answers and webhooks look like, and no more of them than is read
``events``     the vendor's words in ours: webhooks proved and translated, ends and messages
=============  ===================================================================================
"""

from livechat_sdk_testing.parley.plugin import ParleyPlugin
from livechat_sdk_testing.parley.settings import ParleySettings

__all__ = ["ParleyPlugin", "ParleySettings"]
