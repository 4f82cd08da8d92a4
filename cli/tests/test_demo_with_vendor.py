"""``livechat demo --provider``: a handoff through a vendor's simulator, in the processes of a deployment."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.tests.helpers import environment, invoke
from livechat_sdk_cli.demo.people import EndUserClient, until
from livechat_sdk_cli.demo.vendor.lines import ANSWER
from livechat_sdk_cli.demo.vendor.processes import free_port
from livechat_sdk_cli.demo.vendor.settings import can_tell, capabilities_of, registry_with
from livechat_sdk_cli.exits import CommandError, ExitCode

COMMAND = (sys.executable, "-c", "from livechat_sdk_cli.main import main; main()")
FROM_USER = [
    "It is 4711.",
    "It was due yesterday.",
    "This is the label:",
    "Can it be left with my neighbour?",
]
VENDORS = pytest.mark.parametrize("vendor", ["parley", "zendesk"])
ALL_VENDORS = pytest.mark.parametrize("vendor", ["parley", "zendesk", "genesys", "cisco"])

DOUBLING = """
from livechat_sdk_simulators.discovery import Vendor
from livechat_sdk_simulators.parley.human import ParleyHuman
from livechat_sdk_simulators.parley.simulator import ParleySettings, ParleySimulator


class Agents(ParleyHuman):
    async def say(self, ref, text, **more):
        if "depot" in text:
            await super().say(ref, text, **more)
        return await super().say(ref, text, **more)


def make(settings, clock=None):
    parley = ParleySimulator(ParleySettings.read(settings), clock)
    parley.human = Agents(parley)
    return parley


vendor = Vendor("doubling", "A vendor that says things twice", make)
"""


def kept_in(folder: Path) -> set[str]:
    """Names of what is in a folder."""
    return {path.name for path in folder.iterdir()}


def install_vendor(folder: Path, code: str) -> None:
    """Put a distribution with the simulator ``doubling`` into ``folder``."""
    info = folder / "doubling-1.dist-info"
    info.mkdir(parents=True)
    (folder / "doubling.py").write_text(code, "utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: doubling\nVersion: 1\n", "utf-8")
    (info / "entry_points.txt").write_text("[livechat_sdk_simulators]\ndoubling = doubling:vendor\n", "utf-8")


async def run(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of ``livechat demo``."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        "demo",
        *words,
        cwd=folder,
        env=environment({"TMPDIR": str(folder), **(env or {})}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)  # it ends its own processes
            await process.wait()
    return process.returncode or 0, out.decode(), err.decode()


async def played(folder: Path, vendor: str, *words: str) -> dict[str, Any]:
    """The document of a script that passed."""
    code, out, err = await run(folder, "--provider", vendor, "--script", "--json", *words)
    assert code == 0, out + err
    document: dict[str, Any] = json.loads(out)
    assert document["passed"]
    assert document["problems"] == []
    return document


@VENDORS
@pytest.mark.timeout(120)
async def test_the_handoff_goes_through_a_vendor_as_it_is_deployed(vendor: str, tmp_path: Path) -> None:
    document = await played(tmp_path, vendor)
    assert document["seconds"] < 40
    assert (document["handoff"]["outcome"], document["handoff"]["integration"]) == ("completed", vendor)
    assert [one["text"] for one in document["agents"] if one["author"] == "visitor"] == FROM_USER
    assert [one["files"] for one in document["agents"] if one["files"]] == [["label.txt"], ["receipt.txt"]]
    came = [one["data"] for one in document["platform"] if one["type"] == "handoff.message"]
    assert [one["agent_name"] for one in came] == [*["Eleni"] * 6, "Nikos"]
    assert [one["message"]["body"] for one in came[1:5]] == [line.text for line in ANSWER]
    assert document["platform"][-1]["type"] == "handoff.ended"
    assert {one["fate"] for one in document["ledger"]} <= {"sent", "acknowledged", "seen"}
    assert {"requested", "event.message_received", "event.chat_ended"} <= set(document["events"])
    assert (document["workers"], document["left_out"], document["faults"]) == (1, [], None)
    assert all(one["seconds"] >= 0 for one in document["steps"])
    assert kept_in(tmp_path) == set(), "a script that passed keeps nothing"


@pytest.mark.parametrize(("vendor", "sends_files"), [("cisco", False), ("genesys", True)])
@pytest.mark.timeout(120)
async def test_a_vendor_without_webhooks_or_with_few_is_played_by_the_same_script(
    vendor: str, sends_files: bool, tmp_path: Path
) -> None:
    document = await played(tmp_path, vendor)
    assert document["handoff"]["outcome"] == "completed"
    seen = [one["text"] for one in document["agents"] if one["author"] == "visitor"][-len(FROM_USER) :]
    assert all(text in shown for text, shown in zip(FROM_USER, seen, strict=True)), seen
    came = [one for one in document["platform"] if one["type"] == "handoff.message"]
    assert len(came) == (7 if sends_files else 6)
    assert ("files of agents" in document["left_out"]) is not sends_files


@pytest.mark.parametrize(("means", "most"), [("stream", 30), ("asking", 5)])
@pytest.mark.timeout(240)
async def test_either_means_alone_finds_the_end_from_beginning_to_end(
    means: str, most: float, tmp_path: Path
) -> None:
    document = await played(tmp_path, "genesys", "--without", means)
    assert document["without"]["means"] == means
    assert document["without"]["tried"] >= 1, "it was not cut: nobody tried it"
    assert (document["handoff"]["outcome"], document["overtaken"]) == ("completed", [])
    [took] = [one["seconds"] for one in document["steps"] if "the agent ends it" in one["what"]]
    assert took < most


@pytest.mark.timeout(120)
async def test_a_vendor_with_one_means_cannot_do_without_it(tmp_path: Path) -> None:
    words = ("--provider", "zendesk", "--script", "--without", "asking")
    code, out, err = await run(tmp_path, *words)
    assert (code, out) == (ExitCode.USAGE, "")
    assert "zendesk has no stream of events" in err
    assert kept_in(tmp_path) == set()


@ALL_VENDORS
@pytest.mark.timeout(240)
async def test_nothing_is_lost_or_doubled_when_events_come_twice_and_late_and_calls_are_refused(
    vendor: str, tmp_path: Path
) -> None:
    document = await played(tmp_path, vendor, "--faults", "--seed", "4")
    faults = document["faults"]
    assert faults["seed"] == 4
    assert faults["refused"] >= 4
    assert faults["repeat"] + faults["delay"] >= 1
    assert document["handoff"]["outcome"] == "completed"
    assert {line.text for line in ANSWER} & set(document["overtaken"]), "no event passed another"
    untold = "times of agents' messages: they are taken to have been said as they come"
    assert (untold in document["left_out"]) is (vendor == "cisco")


@ALL_VENDORS
@pytest.mark.timeout(240)
async def test_another_worker_takes_over_where_one_was_killed(vendor: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    document = await played(tmp_path, vendor, "--kill", "--data", str(kept))
    assert document["workers"] == 3
    seen = [one["text"] for one in document["agents"] if one["author"] == "visitor"][-len(FROM_USER) :]
    assert all(text in shown for text, shown in zip(FROM_USER, seen, strict=True)), seen
    logs = [(kept / f"worker-{number}.log").read_text("utf-8") for number in (1, 2, 3)]
    assert "stopped listening" not in logs[0] + logs[1], "it was killed, not asked to end"
    assert "stopped listening" in logs[2]
    settings = kept / "livechat.yaml"
    assert settings.stat().st_mode & 0o077 == 0, "the settings hold secrets"
    secrets = re.findall(
        r'"(?:tokens|secret|webhookKey|clientSecret)": "([^"]+)"', settings.read_text("utf-8")
    )
    assert len(secrets) >= 2
    assert not any(secret in log for secret in secrets for log in logs)


@pytest.mark.timeout(120)
async def test_both_sides_are_printed_with_what_each_step_took(tmp_path: Path) -> None:
    port = str(free_port())
    words = ("--provider", "parley", "--script", "--port", port)
    code, out, err = await run(tmp_path, *words, env={"COLUMNS": "160"})
    assert code == 0, out + err
    assert f"with webhooks to http://127.0.0.1:{port}" in out
    assert re.search(r"^ *[\d.]+ s +the agent sends a file$", out, re.MULTILINE)
    assert re.search(r"^time +end user's side +agent's side$", out, re.MULTILINE)
    assert re.search(r"^[\d:.]+ +Nikos: It comes tomorrow", out, re.MULTILINE)
    assert re.search(r"^[\d:.]+ {20,}end user: It is 4711\.$", out, re.MULTILINE)
    assert "nothing lost, doubled or out of order" in out
    assert re.search(r"The handoff through parley was played in [\d.]+ s: completed", out)
    assert "the agent ends it" in err


@pytest.mark.timeout(120)
async def test_a_failed_check_names_the_message_the_side_and_where_the_logs_are(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    install_vendor(packages, DOUBLING)
    words = ("--provider", "doubling", "--script", "--json")
    code, out, err = await run(tmp_path, *words, env={"PYTHONPATH": str(packages)})
    assert code == ExitCode.CHECK_FAILED, out + err
    document = json.loads(out)
    assert not document["passed"]
    assert "“I see it: it is at the depot.” came 2 times to the end user's side" in document["problems"]
    assert "error: “I see it: it is at the depot.” came 2 times to the end user's side" in err
    kept = re.search(r"kept in (\S+):", err)
    assert kept is not None
    assert {"vendor.log", "worker-1.log", "livechat.db"} <= kept_in(Path(kept[1]))


@pytest.mark.timeout(120)
async def test_a_person_talks_on_the_chat_page_and_answers_on_the_vendors_page(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        "demo",
        "--provider",
        "zendesk",
        "--data",
        "kept",
        cwd=tmp_path,
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            said = (await process.stdout.readuntil(b"Ctrl-C")).decode()
        [chat_page] = re.findall(r"end user +(http\S+)/chat/", said)
        [desk] = re.findall(r"agents +(http\S+)/_sim/", said)
        async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
            user = EndUserClient(client, chat_page)
            await user.arrive()
            await user.write("I want to talk to a human")
            await user.waits_for("what is it about?")
            await user.write("My order")

            async def opened() -> str | None:
                chats = (await client.get(f"{desk}/_sim/chats")).json()["chats"]
                return str(chats[0]["id"]) if chats else None

            chat = f"{desk}/_sim/chats/{await until(opened, 'the vendor has the chat')}"
            assert (await client.get(f"{desk}/_sim/")).is_success
            assert (await client.post(f"{chat}/say", json={"text": "Hello, it is Eleni."})).is_success
            await user.waits_for("Hello, it is Eleni.")
            file = {"name": "a.txt", "type": "text/plain", "data": base64.b64encode(b"for you\n").decode()}
            said_too = {"text": "And this:", "file": file}
            assert (await client.post(f"{chat}/say", json=said_too)).is_success
            await user.waits_for("And this:")
            [link] = [one["url"] for line in await user.sees() for one in line["attachments"]]
            assert (await client.get(link)).content == b"for you\n"
            assert (await client.post(f"{chat}/end")).is_success
            await user.waits_for("I am back.")
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(30):
            _, err = await process.communicate()
        assert process.returncode == 0
        assert "Traceback" not in err.decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (tmp_path / "kept" / "demo.db").exists()


@pytest.mark.parametrize("option", ["--faults", "--kill", "--json", "--seed=3", "--without=stream"])
@pytest.mark.parametrize("beside", [[], ["--script"], ["--provider", "parley"]])
def test_options_of_the_vendors_script_are_refused_elsewhere(option: str, beside: list[str]) -> None:
    done = invoke("demo", option, *beside)
    assert done.returncode == ExitCode.USAGE
    assert "goes with --provider and --script" in done.stderr


def test_a_vendor_without_a_simulator_is_named() -> None:
    done = invoke("demo", "--provider", "nobody", "--script")
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    assert "there is no simulator of 'nobody'" in done.stderr
    assert not Path("livechat-demo-nobody").exists()


@pytest.mark.timeout(120)
async def test_a_play_that_cannot_begin_leaves_nothing_behind(tmp_path: Path) -> None:
    packages, folder = tmp_path / "packages", tmp_path / "folder"
    folder.mkdir()
    install_vendor(packages, f"{DOUBLING}\nParleySimulator.integration = lambda _: {{'type': 'ACME'}}\n")
    words = ("--provider", "doubling", "--script", "--json")
    left, out, err = await run(folder, *words, env={"PYTHONPATH": str(packages)})
    assert (left, out) == (ExitCode.PLUGIN, ""), err
    assert "nothing speaks ACME" in err
    assert kept_in(folder) == set()


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("PARLEY_LIVECHAT", {"baseUrl": "http://127.0.0.1:1", "clientId": "c", "clientSecret": "s" * 32}),
        ("CISCO_LIVECHAT", {"endpoint": "http://127.0.0.1:1/ccp/chat", "chatId": "1", "ccxQueueTag": "q"}),
    ],
)
def test_a_vendor_that_cannot_look_a_message_up_is_known(kind: str, told: dict[str, Any]) -> None:
    integration = {"type": kind, "webhookKey": "k" * 32, **told}
    if kind == "CISCO_LIVECHAT":
        del integration["webhookKey"]
    assert can_tell(capabilities_of("vendor", integration, registry_with(kind))) is (
        kind == "PARLEY_LIVECHAT"
    )


def test_a_type_without_live_chat_is_refused() -> None:
    with pytest.raises(CommandError, match="LOCAL_TICKETING is no live chat") as refused:
        registry_with("LOCAL_TICKETING")
    assert refused.value.exit_code == ExitCode.USAGE


def test_a_vendor_without_an_adapter_is_told_what_is_missing() -> None:
    with pytest.raises(CommandError, match="nothing speaks ACME_LIVECHAT") as refused:
        registry_with("ACME_LIVECHAT")
    assert refused.value.exit_code == ExitCode.PLUGIN
