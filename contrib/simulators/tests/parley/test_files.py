from __future__ import annotations

import pytest

from contrib.simulators.tests.bench import bench, code

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


async def test_file_is_taken_sent_and_read_without_a_token() -> None:
    async with bench() as parley:
        chat = await parley.open()
        upload = await parley.client.post(
            "/v1/files", params={"name": "ταμείο 1.png"}, content=PNG, headers={"content-type": "image/png"}
        )
        assert upload.status_code == 201
        file = upload.json()
        assert {name: file[name] for name in ("name", "type", "size")} == {
            "name": "ταμείο 1.png",
            "type": "image/png",
            "size": len(PNG),
        }
        sent = (await parley.send(chat, "", files=[file["id"]])).json()
        assert [one["id"] for one in sent["files"]] == [file["id"]]
        [shown] = await parley.parley.human.messages(chat)
        assert shown.files == ["ταμείο 1.png"]
        del parley.client.headers["authorization"]
        read = await parley.client.get(file["url"])
        assert (read.status_code, read.content, read.headers["content-type"]) == (200, PNG, "image/png")


async def test_address_of_a_file_is_good_for_an_hour_and_cannot_be_made_up() -> None:
    async with bench() as parley:
        chat = await parley.open()
        await parley.parley.human.say(chat, "Here", file=("a.pdf", "application/pdf", b"%PDF"))
        [_, created] = await parley.events()
        url = created["data"]["files"][0]["url"]
        assert (await parley.client.get(url)).content == b"%PDF"
        for wrong in (url[:-1], url.replace("until=", "until=9"), url.split("?")[0]):
            assert code(await parley.client.get(wrong)) == (404, "not_found")
        parley.clock.advance(3600)
        assert code(await parley.client.get(url)) == (404, "not_found")
        await parley.sign_in()
        [again] = (await parley.client.get(f"/v1/chats/{chat}/messages")).json()["messages"]
        assert (await parley.client.get(again["files"][0]["url"])).content == b"%PDF"


@pytest.mark.parametrize(
    ("name", "kind", "size", "error"),
    [
        ("a.exe", "application/octet-stream", 1, (415, "unsupported_type")),
        ("a.png", "image/png", 10_000_001, (413, "too_large")),
        ("a.png", "image/png", 0, (400, "invalid")),
        ("", "image/png", 1, (400, "invalid")),
        ("x" * 256, "image/png", 1, (400, "invalid")),
    ],
)
async def test_files_that_do_not_fit_are_refused(
    name: str, kind: str, size: int, error: tuple[int, str]
) -> None:
    async with bench() as parley:
        answer = await parley.client.post(
            "/v1/files", params={"name": name}, content=b"x" * size, headers={"content-type": kind}
        )
        assert code(answer) == error


async def test_file_of_exactly_ten_megabytes_is_taken() -> None:
    async with bench() as parley:
        answer = await parley.client.post(
            "/v1/files?name=a.txt",
            content=b"x" * 10_000_000,
            headers={"content-type": "text/plain; charset=utf-8"},
        )
        assert (answer.status_code, answer.json()["size"]) == (201, 10_000_000)
