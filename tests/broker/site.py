"""A site: mosquitto with the configuration that towerd ships, an authority, and clients with certificates."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from cryptography.x509.oid import ExtendedKeyUsageOID
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from simulator.broker import free_port
from simulator.tower_link import hang_up
from tests.support import published
from tests.support.authority import Authority
from tests.support.mqtt_kit import TOPICS, Bed, make_bed, until, view
from tests.support.token_kit import TOWER, Keys
from towerd.fsm.events import BusChanged
from towerd.mqtt.bus import will
from towerd.mqtt.client import PahoWire
from towerd.mqtt.config import MqttConfig, TlsConfig

CONFIG = Path(__file__).parents[2] / "config" / "mosquitto"
HOST = "127.0.0.1"
PLATFORM, SCREEN, OTHER_TOWER = "platform.example", "screen.example", "shanghai-2"
STARTS_WITHIN_S = 10.0
LATE_S = 8.0


def mosquitto() -> str:
    """The broker's program."""
    found = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
    assert found is not None, "mosquitto is not here: sudo apt-get install -y mosquitto"
    return found


class Site:
    """The shipped files with this folder's paths in place of /etc and /var, and a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.authority = Authority(folder, "site")
        for name in ("certs", "state"):
            (folder / name).mkdir()
        shutil.copy(self.authority.path, folder / "certs" / "ca.pem")
        for made, name in zip(
            self.authority.issue("broker", ExtendedKeyUsageOID.SERVER_AUTH), ("broker.pem", "broker.key"), strict=True
        ):
            shutil.copy(made, folder / "certs" / name)
        shutil.copy(CONFIG / "towerd.acl", folder / "towerd.acl")
        text = (CONFIG / "towerd.conf").read_text(encoding="utf-8")
        changes = {
            "\nlistener 8883\n": f"\nlistener {self.port} {HOST}\n",
            "/etc/mosquitto/": f"{folder}/",
            "/var/lib/mosquitto/": f"{folder}/state/",
        }
        for shipped, here in changes.items():
            assert shipped in text
            text = text.replace(shipped, here)
        # it would give up root and could not read the folder any more
        (folder / "towerd.conf").write_text(f"user root\n{text}", encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Up once it listens."""
        log = (self.folder / "broker.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [mosquitto(), "-v", "-c", str(self.folder / "towerd.conf")], stdout=log, stderr=log
            )
        ends_s = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < ends_s and self._process.poll() is None:
            with suppress(OSError), socket.create_connection((HOST, self.port), 0.2):
                return
            time.sleep(0.02)
        raise AssertionError((self.folder / "broker.log").read_text(encoding="utf-8")[-2000:])

    def stop(self, *, crash: bool = False) -> None:
        """Ended as by its service manager, or killed."""
        if self._process is not None:
            (self._process.kill if crash else self._process.terminate)()
            self._process.wait(10)
            self._process = None

    def tls(self, name: str, authority: Authority | None = None) -> TlsConfig:
        """A certificate of that name, by the site's authority or another."""
        signer = authority or self.authority
        return TlsConfig(self.authority.path, *signer.issue(name, ExtendedKeyUsageOID.CLIENT_AUTH))

    async def knock(self, tls: TlsConfig | None) -> None:
        """Connect and leave again. Raises AssertionError where the broker does not let this client in."""
        context = ssl.create_default_context(cafile=str(self.authority.path))
        context.check_hostname = False
        if tls is not None:
            context.load_cert_chain(tls.cert_file, tls.key_file)
        reader, writer = await asyncio.open_connection(HOST, self.port, ssl=context)
        try:
            # CONNECT of MQTT 5, client id x: only who is let in gets a CONNACK with code 0
            writer.write(bytes((0x10, 14, 0, 4)) + b"MQTT" + bytes((5, 2, 0, 60, 0, 0, 1)) + b"x")
            try:
                answer = await asyncio.wait_for(reader.read(4), LATE_S)
            except OSError as error:
                raise AssertionError(f"refused: {error}") from error
            assert answer[:1] == b"\x20", "refused"
            assert answer[3:4] == b"\x00", f"refused: {answer!r}"
        finally:
            writer.close()

    @asynccontextmanager
    async def tower(self, keys: Keys, tls: TlsConfig) -> AsyncIterator[Bed]:
        """The tower's bus, connected."""
        config = MqttConfig(HOST, TOWER, self.port, tls=tls, reconnect_max_s=1)
        bed = make_bed(PahoWire(config, will(TOPICS)), keys)
        task = asyncio.create_task(bed.bus.run())
        bed.bus.show(view())
        try:
            await until(lambda: BusChanged(True) in bed.inbox.events, LATE_S)
            yield bed
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


class Client:
    """Somebody with a certificate; `asks_for` is the client id that is asked of the broker."""

    def __init__(self, site: Site, name: str, asks_for: str | None = None, tls: TlsConfig | None = None) -> None:
        self.seen: list[tuple[str, bytes]] = []
        self.refusals: dict[int, str] = {}
        self.drops = 0
        self._settled: set[int] = set()
        self._subscribed: set[int] = set()
        made = tls or site.tls(name)
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=asks_for or name, protocol=paho.MQTTv5)
        self.client.tls_set(str(made.ca_file), str(made.cert_file), str(made.key_file))
        self.client.reconnect_delay_set(1, 1)
        self.client.on_message = lambda _c, _u, message: self._heard(message.topic, bytes(message.payload))
        self.client.on_publish = lambda _c, _u, mid, reason, _p: self._published(mid, reason)
        self.client.on_disconnect = lambda *_: self._dropped()
        self.client.on_subscribe = lambda _c, _u, mid, _r, _p: self._subscribed.add(mid)
        self.client.connect(HOST, site.port)
        self.client.loop_start()

    def _heard(self, topic: str, payload: bytes) -> None:
        relative = TOPICS.relative(topic)
        if relative is not None and not relative.startswith("cmd/"):
            published.hear(relative, payload)
        self.seen.append((topic, payload))

    def _published(self, mid: int, reason: Any) -> None:
        if reason.is_failure:
            self.refusals[mid] = str(reason)
        self._settled.add(mid)

    def _dropped(self) -> None:
        self.drops += 1

    async def up(self) -> Client:
        await until(self.client.is_connected, LATE_S)
        return self

    async def listen(self, topic: str) -> None:
        """Returns once the broker has taken it, which says nothing of what it will deliver."""
        _rc, mid = self.client.subscribe(topic, options=SubscribeOptions(qos=1, retainAsPublished=True))
        await until(lambda: mid in self._subscribed, LATE_S)

    async def say(self, topic: str, payload: bytes, *, retain: bool = False, reply: str | None = None) -> str | None:
        """Why the broker refused it; None where it took it."""
        properties = Properties(PacketTypes.PUBLISH)
        if reply is not None:
            properties.ResponseTopic = reply
        mid = self.client.publish(topic, payload, 1, retain, properties).mid
        await until(lambda: mid in self._settled, LATE_S)
        return self.refusals.get(mid)

    def heard(self, topic: str) -> list[bytes]:
        return [payload for name, payload in list(self.seen) if name == topic]

    async def await_heard(self, topic: str, enough: Callable[[list[bytes]], bool] = bool) -> list[bytes]:
        await until(lambda: enough(self.heard(topic)), LATE_S)
        return self.heard(topic)

    def close(self) -> None:
        hang_up(self.client)
