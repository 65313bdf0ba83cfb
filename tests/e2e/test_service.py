"""towerd as its service manager sees it: ready, alive, told to reload, told to stop, and unable to start."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.purchaser import Wish
from simulator.sealing import SHOP
from tests.e2e.messenger import Messenger
from tests.e2e.processes import resident_mb
from tests.e2e.stack import Options, Stack, stack
from tests.support.photos import PHOTOS_DIR, needs_photos
from towerd.orders.keys import make_tower_key

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(90)]

FORK_GET, LIFT_TO = 2, 1
HELD, EXECUTE, PC_COMMAND = 11, 6, 1
DAEMON_MB, WORKER_MB = 150, 250
CONFIG, JOURNAL = 78, 74


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Stack]:
    """Everything but towerd."""
    with stack(tmp_path) as made:
        yield made.start_house()


def stop(made: Stack) -> float:
    """SIGTERM; how long it took to end with 0, in s."""
    daemon = made.daemon
    assert daemon is not None
    begin_s = time.monotonic()
    daemon.signal(signal.SIGTERM)
    assert daemon.await_end() == 0, daemon.tail()
    return time.monotonic() - begin_s


def last(made: Stack, code: int) -> dict[str, Any]:
    return next((one for one in reversed(made.act("executed")) if one["code"] == code), {})


def running(made: Stack, code: int) -> None:
    made.until(f"command {code}", lambda: last(made, code).get("result") == 0)


@needs_photos
def test_it_is_ready_soon_and_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with stack(tmp_path, Options(photos=PHOTOS_DIR)) as made:
        made.start_house()
        begin_s = time.monotonic()
        daemon = made.start_daemon()
        ready_s = time.monotonic() - begin_s
        made.until("the face worker", lambda: made.status()["face_available"])
        [worker] = daemon.children()
        daemon_mb, worker_mb = daemon.resident_mb(), resident_mb(worker)
        with capsys.disabled():
            print(f"\nready in {ready_s:.2f} s; resident: daemon {daemon_mb:.0f} MB, face worker {worker_mb:.0f} MB")
        assert daemon_mb <= DAEMON_MB
        assert worker_mb <= WORKER_MB
        assert stop(made) < 10
        assert not Path(f"/proc/{worker}").exists()


def test_the_manager_is_told(house: Stack) -> None:
    daemon = house.start_daemon(WATCHDOG_USEC="400000")
    told = house.notify
    for _ in range(3):
        seen = len(told.messages)
        told.wait("WATCHDOG=1", daemon, seen, 2.0)
    assert told.wait("STATUS=", daemon)
    seen = len(told.messages)
    daemon.signal(signal.SIGHUP)
    reloading = told.wait("RELOADING=1\nMONOTONIC_USEC=", daemon, seen)
    assert abs(int(reloading.rpartition("=")[2]) / 1e6 - time.monotonic()) < 30
    told.wait("READY=1", daemon, seen)
    assert told.messages.index(reloading, seen) < told.messages.index("READY=1", seen)
    assert stop(house) < 10
    told.drain()
    assert "STOPPING=1" in told.messages
    assert not house.socket.exists()


def test_sighup_reads_keys_and_settings_anew_and_bad_ones_change_nothing(house: Stack) -> None:
    daemon, issuers = house.start_daemon(), house.folder / "issuers.json"
    house.until("the PLC link", lambda: house.status()["plc_good"])
    house.import_stock()
    house.until_serving()

    def reload() -> None:
        house.notify.drain()
        seen = len(house.notify.messages)
        daemon.signal(signal.SIGHUP)
        house.notify.wait("READY=1", daemon, seen)

    whole = json.loads(issuers.read_text())
    issuers.write_text("{}")
    reload()
    assert "the reload failed" in daemon.text()
    placed = house.order()

    shopless = {"keys": [line for line in whole["keys"] if line["kid"] != SHOP.kid]}
    issuers.write_text(json.dumps(shopless))
    house.write_config(log={"level": "debug", "format": "json"})
    reload()
    house.heard.event("keys_reloaded")
    refused = house.platform.order(Wish("customer_2", "12345678", make="Skoda"))
    assert refused.answer["reasons"] == ["unknown_key"]
    house.type_code(placed)
    assert '"level": "debug"' in daemon.text()
    house.config.write_text("[tower\n")
    reload()
    assert daemon.process.poll() is None


def test_sighup_takes_up_a_new_key_of_the_towers_own(house: Stack) -> None:
    daemon, file = house.start_daemon(), house.folder / "keys" / "tower.jwk"
    house.until("the PLC link", lambda: house.status()["plc_good"])
    house.import_stock()
    house.until_serving()
    shop, heard = Messenger(house), house.heard

    def reload() -> None:
        house.notify.drain()
        seen = len(house.notify.messages)
        daemon.signal(signal.SIGHUP)
        house.notify.wait("READY=1", daemon, seen)

    before = heard.topics["key"]["thumbprint"]
    file.rename(house.folder / "away")
    reload()
    assert "the reload failed" in daemon.text()
    assert not file.exists()
    assert shop.order(shop.token(shop.claims()))["ok"]
    assert heard.topics["key"]["thumbprint"] == before

    made, late = make_tower_key(file), shop.token(shop.claims(sub="customer_2"))
    reload()
    told = heard.event("keys_reloaded")["data"]
    assert (told["tower_key"], sorted(told["keys"])) == (made.kid, told["keys"])
    assert heard.event("settings_reloaded")["data"] == {"need_restart": []}
    heard.wait("the new key", lambda: heard.topics["key"]["thumbprint"] == made.thumbprint)
    assert shop.order(late)["reasons"] == ["unknown_key"]
    again = Messenger(house)
    assert again.order(again.token(again.claims(sub="customer_2")))["ok"]


def test_a_running_step_ends_and_no_other_begins(house: Stack) -> None:
    house.start_daemon()
    house.until("the PLC link", lambda: house.status()["plc_good"])
    house.import_stock()
    house.until_serving()
    house.enter_code(house.order())
    running(house, FORK_GET)
    assert stop(house) < 10
    # the machine is left in Execute until its link is lost; nothing moves any more
    assert last(house, FORK_GET)["result"] == 3
    assert house.motions()[-1][:2] == ("CARRIAGE", FORK_GET)


def test_a_step_that_takes_longer_is_held(tmp_path: Path) -> None:
    changes = {"machine": {"stop_grace_s": 0.5}}
    with stack(tmp_path, Options(speed_up=1.0, changes=changes)) as made:
        made.start()
        made.enter_code(made.order())
        running(made, LIFT_TO)
        assert stop(made) < 5
        machine = made.act("state")
        assert (machine["packml_state"], machine["stop_reason"]) == (HELD, PC_COMMAND)
        assert last(made, LIFT_TO)["result"] == 0


def test_a_damaged_journal_is_refused(house: Stack) -> None:
    house.start_daemon()
    stop(house)
    journal = house.folder / "state" / "journal.db"
    with journal.open("r+b") as file:
        # past the header: the first page's tree and what follows
        file.seek(100)
        file.write(b"\xff" * (journal.stat().st_size - 100))
    again = house.spawn("again")
    assert again.await_end() == JOURNAL
    assert f"{journal} is damaged" in again.text()
    assert "restore the last backup" in again.text()


def test_unusable_settings_are_refused_with_their_line(house: Stack) -> None:
    house.write_config(plc={"poll_ms": 5})
    refused = house.spawn()
    assert refused.await_end() == CONFIG
    lines = house.config.read_text().splitlines()
    assert f"{house.config}:{lines.index('poll_ms = 5') + 1}: plc.poll_ms:" in refused.text()


def test_a_second_daemon_on_the_same_journal_is_refused_and_the_first_goes_on(house: Stack) -> None:
    house.start_daemon()
    second = house.spawn("second")
    assert second.await_end() == JOURNAL
    assert "is held by another process" in second.text()
    assert "end the other towerd" in second.text()
    assert house.socket.exists()
    assert house.status()["boot"] == 1
