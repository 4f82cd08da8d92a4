"""The page on proxies is right: nginx, with its very lines, in front of a gateway that serves a desk."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.documents import read_blocks
from tests.tree import ROOT

PAGE = ROOT / "docs" / "how-to" / "put-it-behind-a-proxy.md"
HOST = "chat.example.com"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
TOKEN = "a-token-of-thirty-two-characters"
PASSWORD = "correct horse battery staple"
SETTINGS = f"""
version: 1
store: sqlite:///livechat.db
gateway: {{tokens: {TOKEN}, public_url: "https://{HOST}", trusted_proxies: [127.0.0.1]}}
integrations:
  desk:
    type: HELVIA_LIVECHAT
    accounts: [{{email: eleni@example.com, name: Eleni, roles: [agent], password: {PASSWORD}}}]
bots:
  shop-bot:
    livechat: {{integrations: [desk]}}
"""
CHANNEL = "class Channel:\n    async def deliver(self, outgoing):\n        print(outgoing.kind)\n"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def lines_of_the_page() -> str:
    [block] = [
        block for block in read_blocks(PAGE.read_text("utf-8"), PAGE.name) if block.language == "nginx"
    ]
    return block.code


def certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@contextmanager
def running(*command: str | Path, folder: Path) -> Generator[subprocess.Popen[str]]:
    with (folder / "errors.log").open("a", encoding="utf-8") as errors:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=20)


@contextmanager
def gateway(folder: Path) -> Generator[int]:
    """A gateway with a desk; its port."""
    (folder / "livechat.yaml").write_text(SETTINGS, "utf-8")
    (folder / "my_channel.py").write_text(CHANNEL, "utf-8")
    livechat = Path(sys.executable).parent / "livechat"
    with running(
        livechat, "serve", "--port", "0", "--channel", "my_channel:Channel", folder=folder
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                yield int(found[1])
                return
        pytest.fail((folder / "errors.log").read_text("utf-8"))


@contextmanager
def proxy(folder: Path, upstream: int) -> Generator[tuple[int, int]]:
    """The proxy of the page before the gateway; its ports for TLS and for plain HTTP."""
    tls, plain = free_port(), free_port()
    certificate(folder)
    text = lines_of_the_page()
    for old, new in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{tls} ssl;"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("/etc/ssl/chat.example.com", str(folder)),
        ("http://127.0.0.1:8080", f"http://127.0.0.1:{upstream}"),
    ):
        assert old in text
        text = text.replace(old, new)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    whole = (
        f"{user}pid {folder}/pid;\ndaemon off;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{text}}}\n"
    )
    (folder / "nginx.conf").write_text(whole, "utf-8")
    assert NGINX is not None
    with running(NGINX, "-e", "stderr", "-c", folder / "nginx.conf", folder=folder) as process:
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", tls), timeout=1).close()
            except OSError:
                assert process.poll() is None, (folder / "errors.log").read_text("utf-8")
                assert time.monotonic() < until
                time.sleep(0.05)
            else:
                break
        yield tls, plain


def sign_in(client: httpx.Client, password: str) -> httpx.Response:
    page = client.get("/desk/login")
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found is not None
    client.cookies.update(page.cookies)
    form = {"csrf_token": found[1], "email": "eleni@example.com", "password": password}
    return client.post("/desk/login", data=form)


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_the_lines_of_the_page_carry_everything_and_open_nothing_else(tmp_path: Path) -> None:
    with gateway(tmp_path) as upstream, proxy(tmp_path, upstream) as (tls, plain):
        trust = ssl.create_default_context(cafile=str(tmp_path / "fullchain.pem"))
        with httpx.Client(
            base_url=f"https://127.0.0.1:{tls}", headers={"Host": HOST}, verify=trust, timeout=20
        ) as client:
            client.event_hooks["request"] = [
                lambda request: request.extensions.update({"sni_hostname": HOST})
            ]
            webhook = client.post("/webhooks/nobody", content=b"{}")
            assert webhook.json()["error"]["code"] == "unknown_integration"
            assert "strict-transport-security" in webhook.headers
            assert client.get("/files/nothing").json()["error"]["code"] == "no_such_file"
            large = client.post(
                "/v1/files?handoff=h-none&name=a.txt",
                content=b"a" * 2_000_000,
                headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "text/plain"},
            )
            assert large.json()["error"]["code"] == "handoff_not_found"
            for closed in ("/metrics", "/readyz", "/healthz", "/openapi.json", "/"):
                answer = client.get(closed)
                assert (answer.status_code, "nginx" in answer.text) == (404, True), closed
            redirect = httpx.get(f"http://127.0.0.1:{plain}/desk/login?a=b", headers={"Host": HOST})
            assert redirect.headers["location"] == f"https://{HOST}/desk/login?a=b"

            signed_in = sign_in(client, PASSWORD)
            assert signed_in.status_code == 303
            cookies = signed_in.headers.get_list("set-cookie")
            assert any(one.startswith("__Secure-desk_session=") for one in cookies)
            assert all("secure" in one.lower() for one in cookies)
            client.cookies.update(signed_in.cookies)
            with client.stream("GET", "/desk/live") as live:
                assert next(live.iter_lines()) == "retry: 2000"

            wrong = {"email": "eleni@example.com", "password": "not this one"}
            statuses = [
                client.post(
                    "/desk/api/login", json=wrong, headers={"X-Forwarded-For": f"203.0.113.{number}"}
                ).status_code
                for number in range(7)
            ]
            assert statuses[0] == 401
            assert statuses[-1] == 429
            assert client.get("/desk/login").status_code in {200, 303}
