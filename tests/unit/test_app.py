"""How the daemon ends: which code, and with the machine held."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.mqtt_kit import ListInbox
from tests.support.values import AT
from tests.unit.test_journal_renaming import as_version_6
from towerd import app
from towerd.app import BUG_CODE, CONFIG_CODE, JOURNAL_CODE, Daemon
from towerd.clock import ClockJudge, SystemClock
from towerd.customers import KeyedCustomers
from towerd.fsm.events import ClockJudged, Stamped, Started
from towerd.fsm.state import State, Volatile
from towerd.journal.sqlite import SqliteJournal
from towerd.orders.keys import load_secret
from towerd.ports import Changes
from towerd.settings import Settings
from towerd.settings_file import load


class HeldEngine:
    """Runs until cancelled, and notes whether the machine was held, and when."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def run(self) -> int:
        try:
            await asyncio.Event().wait()
        finally:
            self.done.append("cancelled")
        return 0

    async def hold(self) -> None:
        self.done.append("held")


async def _breaks() -> None:
    raise RuntimeError("an adapter has a bug")


async def test_an_adapter_that_ends_holds_the_machine() -> None:
    daemon = object.__new__(Daemon)
    engine = HeldEngine()
    daemon.engine = engine  # type: ignore[assignment]
    running, broken = asyncio.create_task(engine.run()), asyncio.create_task(_breaks(), name="bus")
    done, _pending = await asyncio.wait([running, broken], return_when=asyncio.FIRST_COMPLETED)
    assert await daemon._adapter_failed(running, done) == BUG_CODE
    assert engine.done == ["cancelled", "held"]


def written(folder: Path) -> Settings:
    keys = "\n".join(
        f'{name} = "{name}"' for name in ("tower_key_file", "issuers_file", "code_secret_file", "faces_dir")
    )
    text = f'state_dir = "."\n[tower]\nid = "t"\n[plc]\nhost = "127.0.0.1"\n[api]\nsocket = "s"\n[keys]\n{keys}\n'
    (folder / "tower.toml").write_text(text)
    return load(folder / "tower.toml")


def test_a_socket_that_another_process_serves_is_an_error_of_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = written(tmp_path)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "s"))
        other.listen()
        assert app.run(settings) == CONFIG_CODE
    assert "another process listens" in capsys.readouterr().err


@pytest.mark.parametrize("error", [ValueError("no such host"), OSError("no such device")])
def test_what_a_library_does_not_take_is_an_error_of_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_args: object) -> None:
        raise error

    monkeypatch.setattr(app, "make_transport", refuse)
    assert app.run(written(tmp_path)) == CONFIG_CODE
    assert str(error) in capsys.readouterr().err


def test_a_journal_without_its_single_values_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = written(tmp_path)
    journal = SqliteJournal(settings.journal_path)
    journal.commit(Stamped(AT, 0.0, Started(7, "0.1.0")), Volatile(), Changes((), ()), None)
    journal.close()
    assert app.run(settings) == JOURNAL_CODE
    assert "'meta' is missing" in capsys.readouterr().err


def test_a_journal_of_an_older_version_is_brought_over_before_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = written(tmp_path)
    secret = load_secret(settings.keys.code_secret_file)
    as_version_6(settings.journal_path, KeyedCustomers(settings.keys.customers_dir, secret))

    def refuse(*_args: object) -> None:
        raise ValueError("no such host")

    monkeypatch.setattr(app, "make_transport", refuse)
    assert app.run(settings) == CONFIG_CODE
    with closing(SqliteJournal(settings.journal_path)) as journal:
        called = journal.load().orders["ord-1"].customer
    assert KeyedCustomers(settings.keys.customers_dir, secret).whose(called) == "c_ordered"


def test_an_empty_journal_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = written(tmp_path)
    settings.journal_path.touch()
    assert app.run(settings) == JOURNAL_CODE
    assert "restore the last backup" in capsys.readouterr().err


def test_a_clock_that_jumps_is_told_at_the_next_command_and_a_technicians_word_counts() -> None:
    daemon = object.__new__(Daemon)
    inbox, wall_s, mono_s = ListInbox(), [AT.timestamp()], [100.0]
    clock = SystemClock(None, lambda: datetime.fromtimestamp(wall_s[0], UTC), lambda: mono_s[0])
    daemon._queue, daemon._sure = inbox, False  # type: ignore[assignment]
    daemon._judge = ClockJudge(clock, lambda: True)
    daemon.engine = SimpleNamespace(state=State())  # type: ignore[assignment]
    assert daemon._judge_clock()
    assert daemon._judge_clock()
    wall_s[0] += 3600
    assert not daemon._judge_clock()
    daemon.engine = SimpleNamespace(state=State(volatile=Volatile(clock_confirmed_mono_s=101.0)))  # type: ignore[assignment]
    assert daemon._judge_clock()
    assert inbox.events == [ClockJudged(True), ClockJudged(False), ClockJudged(True)]
