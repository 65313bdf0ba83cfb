"""What an order leaves behind, searched as raw bytes: selfie, template and code are nowhere in the clear, and when the order's
key is destroyed nothing on the disk opens the selfie any more (orders-if.md 7.1). Its customer is named by no file but that of the
customer's own key; once that is destroyed, nothing in database, WAL or a backup of before leads to them, not even for who has the
name, the tower's secret and every backup (3 `erase`, 7.3, 7.4).
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

from simulator.platform import fresh_id
from simulator.purchaser import Wish, head
from simulator.sealing import SHOP
from simulator.tower_link import hang_up
from tests.e2e.ear import HOST
from tests.e2e.stack import TOWER, Options, Stack, stack
from tests.support.photos import PHOTOS_DIR, ROOT, needs_photos, selfie
from towerd.customers import KeyedCustomers
from towerd.faceid.template import unpack
from towerd.faceid.vault import Vault
from towerd.journal import records
from towerd.keyfiles import KeyFiles, VaultError
from towerd.orders.aliases import NOBODY
from towerd.orders.keys import load_secret
from towerd.ports import Person

pytestmark = [pytest.mark.e2e, needs_photos, pytest.mark.timeout(120)]

CODE = "48210376"
CUSTOMER = "c_Wq81zTn5-forgotten"
PART, HEAD = 32, 8


class Needles:
    """Byte strings of eight bytes or more that are looked for all at once, by their first eight."""

    def __init__(self, wanted: Iterable[bytes]) -> None:
        self._by_head: dict[bytes, list[bytes]] = {}
        for one in wanted:
            self._by_head.setdefault(one[:HEAD], []).append(one)
        self._heads = np.frombuffer(b"".join(self._by_head), dtype="<u8")

    def found_in(self, data: bytes) -> bytes | None:
        """One of them that the data holds, wherever it begins."""
        for shift in range(min(HEAD, len(data))):
            words = np.frombuffer(data, dtype="<u8", count=(len(data) - shift) // HEAD, offset=shift)
            for place in np.flatnonzero(np.isin(words, self._heads)):
                at = shift + HEAD * int(place)
                for one in self._by_head[data[at : at + HEAD]]:
                    if data.startswith(one, at):
                        return one
        return None


def parts(secret: bytes, size: int = PART) -> Needles:
    """Whatever holds any 64 bytes of the secret in a row holds one of these, be it as it is, as hex or as base64."""
    cut = {secret[start : start + size] for start in range(0, len(secret) - size + 1, size)}
    told = {one.hex().encode() for one in cut} | {one.hex().upper().encode() for one in cut}
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(secret[shift:])
            told |= {text[start : start + size] for start in range(0, len(text) - size + 1, size)}
    return Needles(one for one in cut | told if len(set(one)) > 4)  # a row of zeros says nothing


def floats(vector: np.ndarray) -> Needles:
    """Four numbers in a row as the machine keeps them, and each as a text of six digits."""
    raw = set()
    for kind, size in (("<f4", 4), (">f4", 4), ("<f8", 8), (">f8", 8)):
        data = vector.astype(kind).tobytes()
        raw |= {data[start : start + 4 * size] for start in range(0, len(data) - 4 * size + 1, size)}
    return Needles(raw | {f"{abs(float(value)):.9f}"[:8].encode() for value in vector if abs(float(value)) > 1e-3})


def has_code(data: bytes) -> bool:
    # digits of a longer number or of a fraction of a second are no code
    return re.search(rb"(?<![\d.])" + CODE.encode() + rb"(?!\d)", data) is not None


class Tap:
    """Every message that the broker carries for this tower, commands too."""

    def __init__(self, port: int) -> None:
        self.heard = bytearray()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_message = lambda _client, _data, message: self._keep(message)
        self._client.on_connect = lambda client, *_: client.subscribe("#", options=SubscribeOptions(qos=1))
        self._client.connect(HOST, port)
        self._client.loop_start()

    def _keep(self, message: paho.MQTTMessage) -> None:
        self.heard += message.topic.encode() + b"\n" + bytes(message.payload) + b"\n"

    def close(self) -> None:
        hang_up(self._client)


@dataclass(frozen=True)
class Secrets:
    """What must not be found. `key` is the order's own."""

    selfie: Needles
    template: Needles
    key: Needles


def disk(made: Stack) -> dict[str, bytes]:
    """Every file of the tower: journal, WAL, logs, settings, keys, copies, and a core if there were one."""
    platform = made.folder / "platform"
    paths = [path for path in made.folder.rglob("*") if path.is_file() and platform not in path.parents]
    return {str(path.relative_to(made.folder)): path.read_bytes() for path in paths}


def journal(made: Stack) -> Path:
    [path] = (path for path in (made.folder / "state").iterdir() if path.read_bytes()[:6] == b"SQLite")
    return path


def copy_as_it_lies(database: Path, into: Path) -> None:
    """Database and WAL while towerd runs, as a backup of the disk takes them."""
    into.mkdir()
    for one in database.parent.glob(database.name + "*"):
        (into / one.name).write_bytes(one.read_bytes())


def back_up(database: Path, into: Path) -> None:
    """A whole copy while towerd is stopped."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(into)) as copy:
        source.backup(copy)


def sealed_of(database: Path, order: str) -> bytes:
    with closing(sqlite3.connect(database)) as db:
        [sealed] = db.execute("SELECT sealed FROM ciphertexts WHERE order_id = ?", (order,)).fetchone()
        return bytes(sealed)


def a_day_passes(database: Path) -> None:
    """The tower is off for a day: what was due in 24 h is due now."""
    with closing(sqlite3.connect(database)) as db:
        for number, doc in db.execute("SELECT id, doc FROM faces").fetchall():
            row = json.loads(doc)
            assert row["destroy_at"]
            due = row | {"destroy_at": re.sub(r"^\d{4}", "2020", row["destroy_at"])}
            db.execute("UPDATE faces SET doc = ? WHERE id = ?", (json.dumps(due, separators=(",", ":")), number))
        db.commit()


def stop(made: Stack) -> None:
    assert made.daemon is not None
    made.daemon.signal(signal.SIGTERM)
    assert made.daemon.await_end() == 0, made.daemon.tail()


def none_has(files: dict[str, bytes], secrets: Secrets) -> None:
    for name, data in files.items():
        assert secrets.selfie.found_in(data) is None, f"{name} holds a part of the selfie"
        assert secrets.template.found_in(data) is None, f"{name} holds a part of the template"
        assert not has_code(data), f"{name} holds the code"


def with_key(files: dict[str, bytes], secrets: Secrets) -> list[str]:
    return [name for name, data in files.items() if secrets.key.found_in(data) is not None]


def naming(files: dict[str, bytes]) -> set[str]:
    """Files that hold the customer's name."""
    return {name for name, data in files.items() if CUSTOMER.encode() in data}


def said_to_the_platform(heard: bytes) -> bytes:
    """What the tower has published, but for the one place where the contract's examples show the name: `customer` of `event`."""
    messages = [part for part in heard.split(b"\n") if part.startswith(b"{") and b'"boot"' in part]
    assert len(messages) > 10
    return b"\n".join(part.replace(b'"customer":"' + CUSTOMER.encode() + b'"', b"") for part in messages)


def in_the_clear(row: tuple[object, ...]) -> str:
    """A row as a text; what is packed is unpacked, each blob with the help of the one before it."""
    beside, texts = b"", []
    for value in row:
        if isinstance(value, bytes):
            beside = records.unpack(value, beside)
        texts.append(repr(beside if isinstance(value, bytes) else value))
    return " ".join(texts)


def tables_with(database: Path, wanted: str) -> set[str]:
    """Tables of a database in which a row holds a text, packed or not."""
    with closing(sqlite3.connect(database)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
        tables.remove("ciphertexts")
        return {
            name for name in tables if any(wanted in in_the_clear(row) for row in db.execute(f"SELECT * FROM {name}"))
        }


def customers_of(made: Stack) -> KeyedCustomers:
    keys = made.folder / "keys"
    return KeyedCustomers(keys / "customers", load_secret(keys / "codes.secret"))


def named_beside_the_key_alone(made: Stack, files: dict[str, bytes], order: str, backup: Path) -> Person:
    """The name lies beside the customer's key, and goes to the platform, which has given it; who that is for the tower."""
    own = customers_of(made).find(CUSTOMER, order)
    [key] = (made.folder / "keys" / "customers").glob(f"*{own.customer}*")
    assert naming(files) == {str(key.relative_to(made.folder)), "mqtt"}
    assert CUSTOMER.encode() not in said_to_the_platform(files["mqtt"])
    assert (own.known.pseudonym or "").encode() in files[backup.name]
    assert {"orders", "loans", "customers", "events"} <= tables_with(backup, own.customer)
    assert tables_with(backup, CUSTOMER) == tables_with(backup, own.known.handle) == set()
    return own


def nothing_leads_to(made: Stack, own: Person, order: str, backup: Path) -> None:
    """Whoever has the name, the tower's secret, the journal and the backup has the handle, under which drives are counted, and it
    stands in no copy beside anything. A new key gives another alias.
    """
    knows, now = customers_of(made), journal(made)
    assert (knows.naming(CUSTOMER), knows.find(CUSTOMER).customer, knows.whose(own.customer)) == (None, NOBODY, None)
    assert tables_with(now, CUSTOMER) == tables_with(backup, CUSTOMER) == set()
    assert tables_with(now, own.known.handle) == {"drives", "base_rows"}
    assert tables_with(backup, own.known.handle) == set()
    assert tables_with(now, own.customer) <= {"outbox"}
    assert "audit" in tables_with(now, str(own.known.pseudonym))
    again = asyncio.run(knows.know(CUSTOMER, order))
    assert tables_with(backup, again.customer) == set()
    assert again.known.pseudonym != own.known.pseudonym


def forget(made: Stack, order: str) -> None:
    """The car is back at another tower, and its customer wants to be forgotten."""
    began_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    back = {"order": order, "tower": "shanghai-2", "at": began_at}
    for kind, claims, state in (("returned_elsewhere", back, "returned_elsewhere"), ("erase", {}, "erased")):
        answer = made.platform.send(kind, head(kind, SHOP.iss, TOWER, CUSTOMER, fresh_id("t")) | claims)
        assert answer["result"]["state"] == state, answer


def a_whole_visit(made: Stack) -> tuple[str, bytes]:
    """An order with a selfie, a face before the camera, a wrong code, the right one, and the car."""
    made.until("the face worker", lambda: made.status()["face_available"])
    made.until("a catalogue", lambda: made.platform.topic("catalogue")["vehicles"])
    picture = selfie("obama.jpg")
    placed = made.platform.order(Wish(CUSTOMER, CODE, selfie_jpeg=picture))
    assert placed.ok, placed.answer
    made.show("obama2.jpg")
    made.until("the face is asked to turn", lambda: made.status()["challenge"])
    typed = {"number": placed.number, "code": "11111111"}
    assert made.api("POST", "/code", json=typed).status_code != 200
    # a wrong code slows the next one down
    made.until("the code", lambda: made.api("POST", "/code", json=typed | {"code": CODE}).status_code == 200)
    copy_as_it_lies(journal(made), made.folder / "copied-while-it-ran")
    made.until("the end of the visit", lambda: made.order_state(placed.order) == "completed", 90)
    return placed.order, picture


def opened(made: Stack, order: str, picture: bytes) -> Secrets:
    """While the key lives, the selfie can be had by it; the secrets to look for."""
    vault = Vault(made.folder / "keys" / "faces", TOWER)
    template = unpack(vault.unseal(order, sealed_of(journal(made), order)))
    assert template.selfie_jpeg == picture
    return Secrets(parts(picture), floats(template.vector), parts(vault.path(order).read_bytes(), 16))


def test_an_order_leaves_nothing_in_the_clear_and_nothing_to_open_once_its_key_is_destroyed(tmp_path: Path) -> None:
    with stack(tmp_path, Options(photos=PHOTOS_DIR)) as made:
        made.start()
        tap = Tap(made.broker.port)
        try:
            order, picture = a_whole_visit(made)
            stop(made)
            secrets = opened(made, order, picture)
            back_up(journal(made), tmp_path / "backup.db")
            files = disk(made) | {"mqtt": bytes(tap.heard)}
            assert {"backup.db", "towerd.log", "copied-while-it-ran/" + journal(made).name} <= set(files)
            assert len(tap.heard) > 10_000
            none_has(files, secrets)
            # the key lies in its own file, and in no copy of database or WAL
            key = Vault(tmp_path / "keys" / "faces", TOWER).path(order)
            assert with_key(files, secrets) == [str(key.relative_to(tmp_path))]
            backup, of_customer = tmp_path / "backup.db", tmp_path / "keys" / "customers"
            own = named_beside_the_key_alone(made, files, order, backup)

            a_day_passes(journal(made))
            # as a power cut leaves it between the commit and the key's destruction
            left = KeyFiles(of_customer).path("nobody any more")
            left.write_bytes(bytes(32))
            made.start_daemon()
            made.until("the key is destroyed", lambda: not key.exists())
            assert not left.exists()
            forget(made, order)
            made.until("the customer's key is destroyed", lambda: not [*of_customer.glob(f"*{own.customer}*")])
            assert naming(disk(made)) == set(), "database, WAL or log name who is forgotten, while towerd runs"
            made.until("the world has heard of it", lambda: b"privacy_erased" in tap.heard)
            assert CUSTOMER.encode() not in tap.heard[tap.heard.index(b"privacy_erased") :]
            stop(made)
            after = disk(made) | {"mqtt": bytes(tap.heard)}
            assert naming(after) == {"mqtt"}
            nothing_leads_to(made, own, order, backup)
            none_has(after, secrets)
            assert with_key(after, secrets) == []
            with pytest.raises(VaultError, match="cannot be read"):
                Vault(key.parent, TOWER).unseal(order, sealed_of(tmp_path / "backup.db", order))
            assert [path for path in after if "core" in Path(path).name] == []
        finally:
            tap.close()


def test_the_search_finds_what_it_looks_for() -> None:
    picture = selfie("obama.jpg")
    wanted = parts(picture)
    for start in (0, 1, 777, len(picture) - 64):
        window = picture[start : start + 64]
        for data in (window, window.hex().encode(), window.hex().upper().encode(), base64.b64encode(picture)):
            assert wanted.found_in(b"before" + data + b"after"), (start, data[:8])
    assert wanted.found_in(bytes(10_000)) is None
    assert wanted.found_in(picture[:7]) is wanted.found_in(b"") is None
    vector = np.linspace(-1, 1, 128).astype(np.float32)
    assert floats(vector).found_in(vector[10:20].tobytes())
    assert floats(vector).found_in(json.dumps([float(vector[7])]).encode())
    assert has_code(b'{"code":"' + CODE.encode() + b'"}')
    assert not has_code(b"12:00:00." + CODE.encode())


def limits_core(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/limits").read_text().split("Max core file size")[1].split()[:2]


def test_neither_daemon_nor_worker_can_dump_its_memory(tmp_path: Path) -> None:
    with stack(tmp_path, Options(photos=PHOTOS_DIR)) as made:
        made.start_house()
        daemon = made.start_daemon()
        made.until("the face worker", lambda: made.status()["face_available"])
        [worker] = daemon.children()
        assert limits_core(daemon.pid) == limits_core(worker) == ["0", "0"]
        daemon.signal(signal.SIGABRT)  # as a bug in a library would end it
        daemon.await_end()
        assert [path for path in (*tmp_path.rglob("*core*"), *ROOT.glob("core*")) if path.is_file()] == []


def test_what_is_forbidden_to_be_dumped_is_not_dumpable() -> None:
    script = (
        "import ctypes\nfrom towerd.secrecy import forbid_core_dumps\n"
        "prctl = ctypes.CDLL(None).prctl\nbefore = prctl(3, 0, 0, 0, 0)\nforbid_core_dumps()\n"
        "print(before, prctl(3, 0, 0, 0, 0))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "0"]
