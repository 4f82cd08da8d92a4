"""What it costs to have the adapter for Zendesk installed, against the import of the vendor's own client.

The first line is what a program pays that knows of the adapter: the module that its entry point names. The
second is what it pays that uses it: the provider with its HTTP client. The vendor's client has no halves.
"""

from __future__ import annotations

from benchmarks._imports import compare
from benchmarks._yardsticks import leave_out_without

GOAL = 0.3
PROGRAMS = {
    "zendesk_import_cpu": "from livechat_sdk_zendesk import plugin",
    "zendesk_import_in_use_cpu": "from livechat_sdk_zendesk.provider import ZendeskProvider",
}


def main() -> None:
    """Measure, and print the lines that ``benchmarks/run.py`` reads."""
    leave_out_without("sunshine_conversations_client", "sunshine-conversations-client")
    compare("import sunshine_conversations_client", PROGRAMS, GOAL)


if __name__ == "__main__":
    main()
