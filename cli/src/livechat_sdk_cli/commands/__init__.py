"""The commands, one module each. A module imports what its command needs only when the command runs."""

from __future__ import annotations
