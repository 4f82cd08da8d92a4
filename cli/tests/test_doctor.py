"""``livechat doctor`` over every simulator of the house: what it finds, and that it only looks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import pytest

from cli.tests.helpers import assert_golden, install_plugin, invoke, livechat
from cli.tests.simulating import assert_only_looked_at, closed_port, simulating, write_settings
from livechat_sdk import Registry
from livechat_sdk.http import override_transport
from livechat_sdk_cli.doctor.report import github_lines
from livechat_sdk_cli.doctor.rows import row
from livechat_sdk_cli.doctor.surroundings import check_certificate
from livechat_sdk_simulators.certificates import SelfSigned
from livechat_sdk_simulators.cisco.simulator import CiscoSimulator
from livechat_sdk_simulators.discovery import installed
from livechat_sdk_simulators.simulator import Simulator

PARLEY: Final = "from livechat_sdk_testing.parley import ParleyPlugin\nplugin = ParleyPlugin()\n"
GATEWAY: Final = "https://chat.example.com/webhooks/genesys"
SET_UP: Final[Mapping[str, Mapping[str, Any]]] = {
    "genesys": {"webhook_target": GATEWAY},  # it posts to port 443 and nowhere else
    "salesforce": {"external_id_field": "LivechatKey__c"},
}
"""What the READMEs tell to set up at a vendor."""
SECRETS: Final = ("clientSecret", "apiKey", "token", "password", "secret")
"""Settings that prove who we are, by their name; an integration has one of them."""


@pytest.fixture(autouse=True)
def parley(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The made-up vendor's plugin is installed too."""
    folder = tmp_path_factory.mktemp("plugin")
    install_plugin(folder, "acme-parley", PARLEY, value="acme_parley:plugin")
    monkeypatch.syspath_prepend(str(folder))


def documents(simulator: Simulator) -> dict[str, dict[str, Any]]:
    """Every integration that the vendor can be, by a name."""
    found = {f"{simulator.name}-{kind}": dict(one) for kind, one in simulator.integrations().items()}
    types = Registry.discover().types
    assert [one["type"] for one in found.values() if one["type"] not in types] == []
    if simulator.name == "cisco":  # its customers log in nowhere; an administrator may look at more
        assert isinstance(simulator, CiscoSimulator)
        settings = simulator.settings
        for one in found.values():
            one |= {"clientId": settings.admin_user, "clientSecret": settings.admin_password}
    if simulator.name == "freshdesk":
        found["freshdesk-ticketing"]["keyField"] = "cf_handoff"  # the text field that this account has
    return found


def with_wrong_secret(document: Mapping[str, Any]) -> dict[str, Any]:
    name = next(one for one in SECRETS if one in document)
    return {**document, name: "not-the-one-that-the-vendor-knows"}


class Usage(NamedTuple):
    """What `shutil.disk_usage` says."""

    free: int


def doctor(settings: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = invoke("doctor", settings, *words, "--json")
    assert "Traceback" not in done.stderr
    found = json.loads(done.stdout)
    assert found["exit_code"] == done.returncode
    return done.returncode, found


def of(found: dict[str, Any], about: str) -> dict[str, str]:
    return {one["check"]: one["status"] for one in found["findings"] if one["about"] == about}


@pytest.fixture(params=sorted(installed()))
def vendor(request: pytest.FixtureRequest) -> Iterator[tuple[Simulator, str]]:
    with simulating(request.param, **SET_UP.get(request.param, {})) as found:
        yield found


def test_right_settings_are_in_order_and_nothing_is_changed(
    vendor: tuple[Simulator, str], tmp_path: Path
) -> None:
    simulator, _ = vendor
    chosen = documents(simulator)
    code, found = doctor(write_settings(tmp_path, chosen))
    assert [one for one in found["findings"] if one["status"] == "error"] == []
    assert code == 0
    assert all(of(found, name) for name in chosen)
    assert of(found, "clock") == {"time": "ok"}
    assert simulator.requests
    assert_only_looked_at(simulator)


def test_wrong_credentials_are_told_from_everything_else(
    vendor: tuple[Simulator, str], tmp_path: Path
) -> None:
    simulator, _ = vendor
    chosen = {name: with_wrong_secret(one) for name, one in documents(simulator).items()}
    code, found = doctor(write_settings(tmp_path, chosen))
    assert code == 5
    for name in chosen:
        troubles = [one for one in found["findings"] if (one["about"], one["status"]) == (name, "error")]
        assert troubles
        assert all(one["next_step"] for one in troubles)
    assert "not-the-one-that-the-vendor-knows" not in json.dumps(found)
    assert_only_looked_at(simulator)


def test_vendor_that_is_down_is_unreachable(vendor: tuple[Simulator, str], tmp_path: Path) -> None:
    simulator, url = vendor
    nobody = f"http://127.0.0.1:{closed_port()}"
    chosen: dict[str, dict[str, Any]] = json.loads(json.dumps(documents(simulator)).replace(url, nobody))
    code, found = doctor(write_settings(tmp_path, chosen), "--timeout", "5")
    assert code == 6
    assert all("error" in of(found, name).values() for name in chosen)
    assert list(simulator.requests) == []


def test_names_that_the_vendor_does_not_know_fail_the_check(tmp_path: Path) -> None:
    with simulating("genesys", **SET_UP["genesys"]) as (simulator, _):
        chosen = documents(simulator)
        chosen["genesys-livechat"]["queueIds"] = ["11111111-2222-3333-4444-555555555555"]
        code, found = doctor(write_settings(tmp_path, chosen))
        assert code == 7
        assert of(found, "genesys-livechat")["queue"] == "error"
        assert_only_looked_at(simulator)
    with simulating("freshdesk") as (simulator, _):
        chosen = documents(simulator)
        chosen["freshdesk-ticketing"]["fields"] = {"shop": {"field": "cf_nowhere", "kind": "text"}}
        code, found = doctor(write_settings(tmp_path, chosen))
        assert code == 8
        assert of(found, "freshdesk-ticketing")["fields"] == "error"
        assert_only_looked_at(simulator)


def test_refused_credentials_count_before_what_cannot_be_reached(tmp_path: Path) -> None:
    with (
        simulating("genesys", **SET_UP["genesys"]) as (genesys, _),
        simulating("freshdesk") as (freshdesk, url),
    ):
        chosen = {name: with_wrong_secret(one) for name, one in documents(genesys).items()}
        down = json.dumps(documents(freshdesk)).replace(url, f"http://127.0.0.1:{closed_port()}")
        path = write_settings(tmp_path, {**json.loads(down), **chosen})
        assert doctor(path)[0] == 5
        assert doctor(path, "freshdesk-ticketing")[0] == 6


def test_slow_vendor_ends_with_its_time_and_the_others_are_looked_at(tmp_path: Path) -> None:
    with (
        simulating("genesys", **SET_UP["genesys"]) as (genesys, _),
        simulating("freshdesk") as (freshdesk, _),
    ):
        genesys.faults.script("token", "time_out_before", 20)
        path = write_settings(tmp_path, {**documents(genesys), **documents(freshdesk)})
        code, found = doctor(path, "--timeout", "1")
        assert code == 6
        assert of(found, "genesys-livechat") == {"check": "error"}
        assert of(found, "freshdesk-ticketing")["credentials"] == "ok"


def test_webhook_addresses_are_spelled_out_and_an_address_near_by_is_doubted(tmp_path: Path) -> None:
    with simulating("genesys", **SET_UP["genesys"]) as (simulator, url):
        path = write_settings(tmp_path, documents(simulator), gateway={"public_url": url})
        code, found = doctor(path)
        assert code == 0
        assert of(found, "public address") == {"address": "warning", "gateway": "warning", "webhook": "ok"}
        told = [one["message"] for one in found["findings"] if one["check"] == "webhook"]
        assert f"genesys-livechat: the vendor is to post to {url}/webhooks/genesys-livechat" in told
        assert doctor(path, "--strict")[0] == 8
        assert doctor(write_settings(tmp_path, documents(simulator)))[0] == 0
        assert of(doctor(tmp_path / "livechat.yaml")[1], "public address") == {"address": "warning"}


def test_clock_that_is_wrong_is_noticed_by_what_vendors_say(tmp_path: Path) -> None:
    def answer_with(date: datetime) -> dict[str, Any]:
        def answer(_: httpx.Request) -> httpx.Response:
            headers = {"Date": format_datetime(date, usegmt=True)}
            return httpx.Response(401, headers=headers, json={"error": "invalid_client"})

        with override_transport(httpx.MockTransport(answer)):
            return doctor(path)[1]

    with simulating("freshdesk") as (simulator, _):
        path = write_settings(tmp_path, documents(simulator))
    now = datetime.now(UTC)
    assert of(answer_with(now), "clock") == {"time": "ok"}
    assert of(answer_with(now - timedelta(minutes=1)), "clock") == {"time": "warning"}
    found = answer_with(now + timedelta(minutes=10))
    assert of(found, "clock") == {"time": "error"}
    (told,) = [one["message"] for one in found["findings"] if one["about"] == "clock"]
    assert "behind that of 127.0.0.1" in told


@pytest.mark.parametrize(("days", "status"), [(90, "ok"), (5, "warning")])
def test_certificate_that_ends_soon_is_told(days: int, status: str, tmp_path: Path) -> None:
    certificate = SelfSigned.make(days)
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(certificate.certificate)
    with simulating("cisco", certificate=certificate, ca_file=str(bundle)) as (simulator, _):
        code, found = doctor(write_settings(tmp_path, documents(simulator)))
        assert (code, of(found, "127.0.0.1")) == (0, {"certificate": status})


async def test_certificate_that_has_ended_is_an_error_and_a_host_without_one_a_doubt() -> None:
    certificate = SelfSigned.make(3)
    with simulating("parley", certificate=certificate) as (_, url):
        port = httpx.URL(url).port
        assert port is not None
        (found,) = await check_certificate("127.0.0.1", port, datetime.now(UTC) + timedelta(days=4))
    assert (found.finding.status, int(found.code)) == ("error", 8)
    (unseen,) = await check_certificate("127.0.0.1", closed_port())
    assert unseen.finding.status == "warning"


def test_store_of_another_release_and_store_that_is_away_are_told(tmp_path: Path) -> None:
    path = write_settings(tmp_path, {"desk": {"type": "HELVIA_LIVECHAT"}})
    code, found = doctor(path)
    assert (code, of(found, "store")) == (0, {"reachable": "ok", "space": "ok"})
    assert not (tmp_path / "livechat.db").exists()
    (tmp_path / "livechat.db").write_bytes(b"this is no database" * 100)
    code, found = doctor(path)
    assert (code, of(found, "store")) == (6, {"reachable": "error"})
    away = f"postgresql://u:a-password@127.0.0.1:{closed_port()}/livechat"
    code, found = doctor(write_settings(tmp_path, {"desk": {"type": "HELVIA_LIVECHAT"}}, store=away))
    assert (code, of(found, "store")) == (6, {"reachable": "error"})
    assert "a-password" not in json.dumps(found)


@pytest.mark.parametrize(("free", "status", "code"), [(4096, "error", 6), (50 * 2**20, "warning", 0)])
def test_store_without_room_is_told(
    free: int, status: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free))
    ended, found = doctor(write_settings(tmp_path, {"desk": {"type": "HELVIA_LIVECHAT"}}))
    assert (ended, of(found, "store")) == (code, {"reachable": "ok", "space": status})
    (told,) = [one for one in found["findings"] if one["check"] == "space"]
    assert told["next_step"].startswith("make room there")


def test_plugin_whose_check_fails_is_named_and_hurts_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise KeyError("a secret of the vendor")

    monkeypatch.setattr("livechat_sdk_helvia.provider.HelviaProvider.check", broken)
    with simulating("freshdesk") as (simulator, _):
        chosen = {"desk": {"type": "HELVIA_LIVECHAT"}, **documents(simulator)}
        code, found = doctor(write_settings(tmp_path, chosen))
    assert of(found, "freshdesk-ticketing")["credentials"] == "ok"
    assert (code, of(found, "desk")) == (8, {"check": "error"})
    assert "a secret of the vendor" not in json.dumps(found)


def test_what_is_switched_off_is_looked_at_only_when_it_is_named(tmp_path: Path) -> None:
    with simulating("freshdesk") as (simulator, _):
        chosen = {name: {**one, "enabled": False} for name, one in documents(simulator).items()}
        path = write_settings(tmp_path, {**chosen, "desk": {"type": "HELVIA_LIVECHAT"}})
        done = invoke("doctor", path)
        assert "switched off: freshdesk-ticketing" in done.stderr
        assert list(simulator.requests) == []
        assert of(doctor(path, "freshdesk-ticketing")[1], "freshdesk-ticketing")["credentials"] == "ok"


def test_wrong_names_and_wrong_settings_are_usage_and_configuration(tmp_path: Path) -> None:
    path = write_settings(tmp_path, {"desk": {"type": "HELVIA_LIVECHAT"}})
    assert invoke("doctor", "desk", path).stdout == invoke("doctor", path, "desk").stdout
    done = invoke("doctor", path, "deks")
    assert (done.returncode, done.stdout) == (2, "")
    assert "they have: desk" in done.stderr
    path.write_text("version: 1\nintegrations: {a: {type: GENESYS_LIVECHAT}}\n", "utf-8")
    assert invoke("doctor", path).returncode == 3


def test_names_may_stand_alone_and_text_is_one_table_with_next_steps(tmp_path: Path) -> None:
    with simulating("freshdesk") as (simulator, url):
        chosen = {name: with_wrong_secret(one) for name, one in documents(simulator).items()}
        write_settings(tmp_path, {**chosen, "desk": {"type": "HELVIA_LIVECHAT", "demoAccounts": True}})
        done = livechat("doctor", "freshdesk-ticketing", "desk", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (5, "")
        assert_golden("doctor.txt", done.stdout.replace(url, "URL"))
        done = livechat("doctor", "--format", "github", cwd=tmp_path)
        assert done.returncode == 5
        assert_golden("doctor.github", done.stdout.replace(url, "URL"))


def test_annotations_stand_where_the_integration_does_also_in_an_included_file(tmp_path: Path) -> None:
    desk = "{type: HELVIA_LIVECHAT, demoAccounts: true}"
    (tmp_path / "more.yaml").write_text(f"# another file\n\nintegrations:\n  second: {desk}\n", "utf-8")
    bots = "bots: {b: {livechat: {integrations: [first, second]}}}"
    (tmp_path / "livechat.yaml").write_text(
        f"version: 1\ninclude: more.yaml\nintegrations:\n  first: {desk}\n{bots}\n", "utf-8"
    )
    done = livechat("doctor", "--format", "github", cwd=tmp_path)
    places = sorted(line.partition(",title")[0] for line in done.stdout.splitlines())
    assert places == ["::warning file=livechat.yaml,line=4", "::warning file=more.yaml,line=4"]


def test_annotations_cannot_be_broken_out_of() -> None:
    (line,) = github_lines([row("a,b", "x:y", "error", "1%\n::warning::two", "do")], "live,chat.yaml", {})
    assert line == "::error file=live%2Cchat.yaml,title=a%2Cb%3A x%3Ay::1%25%0A::warning::two; do"
