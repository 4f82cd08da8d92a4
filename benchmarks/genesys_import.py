"""What it costs to have the adapter for Genesys Cloud, against the vendor's own client: time and memory.

The first line is what a program pays that knows of the adapter: the module that its entry point names. The
second is what it pays that uses it: the provider with its HTTP client. The third is memory, of a program
that has one client and has sent one message with it. The vendor's client has no halves: one import brings
all. Time is the processor time of a whole process, memory its resident set at the end; of both the bare
Python's is taken off. The runs take turns, and the medians are compared.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

from benchmarks._genesys import a_genesys
from benchmarks._yardsticks import leave_out_without

TIME_GOAL, MEMORY_GOAL = 0.1, 0.25
ROUNDS = 9
PROGRAMS = {
    "bare": "pass",
    "sdk": "import PureCloudPlatformClientV2",
    "genesys_import_cpu": "from livechat_sdk_genesys import plugin",
    "genesys_import_in_use_cpu": "from livechat_sdk_genesys.provider import GenesysProvider",
}

_RESIDENT = """
import os
with open("/proc/self/statm") as statm:
    print(int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
"""
_OURS = """
import asyncio, sys
from datetime import UTC, datetime
from benchmarks._genesys import CONVERSATION, SETTINGS
from benchmarks._yardsticks import leave_out_without
from livechat_sdk.domain.chats import Chat
from livechat_sdk.provider.integration import IntegrationContext
from livechat_sdk.provider.interface import PlannedMessage
from livechat_sdk.registry import Registry
from livechat_sdk_genesys import plugin

async def main():
    made = Registry({"genesys": plugin}).build({**SETTINGS, "apiUrl": sys.argv[1], "loginUrl": sys.argv[1]})
    now = datetime.now(UTC)
    state = {"from": {"id": "h-1.1", "idType": "Opaque"}, "opened": now.isoformat()}
    chat = Chat(integration="genesys", handoff_id="h", ref="h-1.1", vendor_ref=CONVERSATION, state=state)
    sent = await made.send(chat, PlannedMessage(key="k", body="Hello", sent_at=now))
    assert sent.vendor_id
    show()
    await made.stop()

asyncio.run(main())
"""
_SDK = """
import sys
from datetime import UTC, datetime
import PureCloudPlatformClientV2 as purecloud

client = purecloud.api_client.ApiClient(host=sys.argv[1])
client.get_client_credentials_token("client-of-benchmarks", "a-secret-that-opens-nothing")
sender = purecloud.OpenMessagingFromRecipient()
sender.id, sender.id_type = "h-1.1", "Opaque"
channel = purecloud.OpenInboundMessageMessagingChannel()
channel.pcFrom, channel.message_id, channel.time = sender, "k", datetime.now(UTC)
message = purecloud.OpenInboundNormalizedMessage()
message.channel, message.text = channel, "Hello"
api = purecloud.ConversationsApi(client)
assert api.post_conversations_message_inbound_open_message("73cb7fb7", message).id
show()
"""
_SHOW = "def show():\n" + "\n".join(f"    {line}" for line in _RESIDENT.strip().splitlines()) + "\n"
IN_USE = {"bare": f"{_SHOW}show()", "sdk": _SHOW + _SDK, "ours": _SHOW + _OURS}


def seconds(program: str) -> float:
    """Run one program in a fresh interpreter and return the processor time that it took."""
    before = os.times()
    subprocess.run([sys.executable, "-c", program], check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def resident(program: str, url: str) -> float:
    """Run one program in a fresh interpreter and return how many bytes it says that it has in memory."""
    command = [sys.executable, "-c", program, url]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


def main() -> None:
    """Measure, and print the lines that ``benchmarks/run.py`` reads."""
    leave_out_without("PureCloudPlatformClientV2", "purecloudplatformclientv2")
    for program in PROGRAMS.values():
        seconds(program)  # compiles what was never imported before
    times: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    sizes: dict[str, list[float]] = {name: [] for name in IN_USE}
    for _ in range(ROUNDS):
        for name, program in PROGRAMS.items():
            times[name].append(seconds(program))
    with a_genesys() as url:
        for _ in range(ROUNDS // 3):  # memory hardly differs
            for name, program in IN_USE.items():
                sizes[name].append(resident(program, url))
    median = {name: statistics.median(values) for name, values in times.items()}
    size = {name: statistics.median(values) for name, values in sizes.items()}
    for name, value in median.items():
        print(f"{name}: {value * 1000:.0f} ms of processor time, whole process", file=sys.stderr)
    for name, value in size.items():
        print(f"{name}: {value / 1e6:.1f} MB with one client in use, whole process", file=sys.stderr)
    for name in ("genesys_import_cpu", "genesys_import_in_use_cpu"):
        ratio = (median[name] - median["bare"]) / (median["sdk"] - median["bare"])
        print(f"{name} {ratio:.3f} {TIME_GOAL} {'met' if ratio <= TIME_GOAL else 'short'}")
    ratio = (size["ours"] - size["bare"]) / (size["sdk"] - size["bare"])
    print(f"genesys_memory_bytes {ratio:.3f} {MEMORY_GOAL} {'met' if ratio <= MEMORY_GOAL else 'short'}")


if __name__ == "__main__":
    main()
