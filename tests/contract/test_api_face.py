"""The local API's face: a picture for the screen, and the number that is typed beside a face."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from click.testing import CliRunner

from tests.support.api_tower import served
from tests.support.views import view
from towerd.api.core import Extras
from towerd.cli import towerctl
from towerd.fsm.face_events import NumberEntered
from towerd.view import ChallengeView


async def test_the_screen_gets_the_picture_and_nobody_keeps_it(tmp_path: Path) -> None:
    async def picture() -> bytes | None:
        return b"\xff\xd8jpeg"

    async with served(tmp_path / "api.sock") as tower, tower.client() as client:
        answer = await client.get("/preview.jpg")
        assert (answer.status_code, answer.json()["reasons"]) == (503, ["no_picture"])
        tower.server._core.extras = Extras(preview=picture)
        answer = await client.get("/preview.jpg")
        assert (answer.status_code, answer.content) == (200, b"\xff\xd8jpeg")
        assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/jpeg", "no-store")


async def test_a_number_is_four_digits_and_goes_to_the_core(tmp_path: Path) -> None:
    async with served(tmp_path / "api.sock") as tower, tower.client() as client:
        answer = await client.post("/number", json={"number": "0815"})
        assert answer.status_code == 200
        assert [event.number for event in tower.events if isinstance(event, NumberEntered)] == ["0815"]
        assert (await client.post("/number", json={"number": "815"})).status_code == 422


async def test_the_command_line_types_the_number_too(tmp_path: Path) -> None:
    async with served(tmp_path / "api.sock") as tower:
        command = ["face", "number", "0815", "--socket", str(tower.path), "--json"]
        done = await asyncio.to_thread(CliRunner().invoke, towerctl.app, command)
        assert done.exit_code == 0, done.output
        assert json.loads(done.output)["ok"] is True
        assert [event.number for event in tower.events if isinstance(event, NumberEntered)] == ["0815"]


async def test_the_status_shows_what_the_person_at_the_gate_is_asked(tmp_path: Path) -> None:
    async with served(tmp_path / "api.sock") as tower:
        tower.shown = view(challenge=ChallengeView("Turn your head a little to the right.", "right", 1, 3))
        command = ["status", "--socket", str(tower.path)]
        done = await asyncio.to_thread(CliRunner().invoke, towerctl.app, command, env={"COLUMNS": "200"})
        assert "Turn your head a little to the right. (1 of 3 turns made)" in done.output
        async with tower.client() as client:
            assert (await client.get("/status")).json()["challenge"]["ask"] == "right"
