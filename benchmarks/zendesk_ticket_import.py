"""What it costs to have the ticket systems installed, against the import of ``zenpy``.

The first line is what a program pays that knows of them: the module that their entry point names. The second
is what it pays that uses Zendesk's: the ticket system with its HTTP client. ``zenpy`` has no halves.
"""

from __future__ import annotations

from benchmarks._imports import compare
from benchmarks._yardsticks import leave_out_without

GOAL = 0.5
PROGRAMS = {
    "tickets_import_cpu": "from livechat_sdk_tickets import plugin",
    "zendesk_ticket_import_in_use_cpu": "from livechat_sdk_tickets.zendesk.system import ZendeskTicketing",
}


def main() -> None:
    """Measure, and print the lines that ``benchmarks/run.py`` reads."""
    leave_out_without("zenpy", "zenpy")
    compare("import zenpy", PROGRAMS, GOAL)


if __name__ == "__main__":
    main()
