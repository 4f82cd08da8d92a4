"""What it costs to have the adapter for Dynamics installed, against the import of the vendor's own client.

The first line is what a program pays that knows of the adapter: the module that its entry point names. The
second is what it pays that uses it: the contacts with their HTTP client. The vendor's client has no halves.
"""

from __future__ import annotations

from benchmarks._imports import compare
from benchmarks._yardsticks import leave_out_without

GOAL = 0.5
PROGRAMS = {
    "dynamics_import_cpu": "from livechat_sdk_dynamics import plugin",
    "dynamics_import_in_use_cpu": "from livechat_sdk_dynamics.source import DynamicsContacts",
}


def main() -> None:
    """Measure, and print the lines that ``benchmarks/run.py`` reads."""
    leave_out_without("PowerPlatform.Dataverse", "powerplatform-dataverse-client")
    compare("import PowerPlatform.Dataverse.client", PROGRAMS, GOAL)


if __name__ == "__main__":
    main()
