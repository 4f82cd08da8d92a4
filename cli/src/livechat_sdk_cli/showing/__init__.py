"""What ``livechat show`` shows: gathered from a store, then written as text or as a JSON document."""

from __future__ import annotations
