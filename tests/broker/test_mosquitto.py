"""mosquitto with the configuration that towerd ships: who may do what, and what survives (orders-if.md 2.2, 3.3, 8)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.broker.site import OTHER_TOWER, PLATFORM, SCREEN, Client, Site
from tests.support.authority import Authority
from tests.support.mqtt_kit import TOPICS, body, until, view
from tests.support.token_kit import TOWER, Keys, drive_claims, make_keys
from towerd.fsm.events import BusChanged, CommandRefused, OrderRequested, OutboxAcknowledged
from towerd.mqtt.config import TlsConfig
from towerd.mqtt.topics import Topics

pytestmark = [pytest.mark.broker, pytest.mark.timeout(90)]

DENIED = "Not authorized"
ELSEWHERE = Topics("towerd", OTHER_TOWER)
COMMAND = TOPICS.full("cmd/test_drive")
HOLD = TOPICS.full("cmd/hold")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture
async def client(site: Site) -> AsyncIterator[Callable[..., Client]]:
    made: list[Client] = []

    def make(name: str, asks_for: str | None = None, tls: TlsConfig | None = None) -> Client:
        made.append(Client(site, name, asks_for, tls))
        return made[-1]

    yield make
    for one in made:
        await asyncio.to_thread(one.close)


async def test_an_order_comes_and_its_answer_goes(site: Site, keys: Keys, client: Callable[..., Client]) -> None:
    platform = await client(PLATFORM).up()
    await platform.listen("towerd/v1/#")
    async with site.tower(keys, site.tls(TOWER)) as bed:
        await platform.await_heard(TOPICS.full("state"))
        assert platform.heard(TOPICS.full("availability")) == [b"online"]
        token = keys.token(drive_claims(bed.clock.now()))
        assert await platform.say(COMMAND, body(bed.clock, token)) is None
        await until(lambda: bed.inbox.of(OrderRequested))
        assert await platform.say(TOPICS.full("cmd/state"), body(bed.clock, None, "r_2")) is None
        answer = json.loads((await platform.await_heard(TOPICS.full("rsp/shop_7")))[-1])
        assert (answer["req_id"], answer["ok"]) == ("r_2", True)
        bed.rows.append(3)
        bed.bus.wake()
        await until(lambda: OutboxAcknowledged(3) in bed.inbox.events)
        # everything that the tower publishes is allowed
        assert len(platform.heard(TOPICS.full("event"))) == 3
        for relative in ("key", "catalogue", "lift", "cabin/1", "bay/3-4", "order/o_91", "loan/o_91", "alarm/active"):
            assert platform.heard(TOPICS.full(relative)), relative
    await platform.await_heard(TOPICS.full("availability"), lambda found: found[-1:] == [b"offline"])


async def test_a_tower_reads_nothing_of_another_and_commands_nobody(site: Site, client: Callable[..., Client]) -> None:
    platform, tower = await client(PLATFORM).up(), await client(TOWER).up()
    for topic in ("#", "towerd/v1/+/cmd/+", ELSEWHERE.full("#"), COMMAND):
        await tower.listen(topic)
    assert await platform.say(ELSEWHERE.full("cmd/hold"), b"theirs") is None
    assert await platform.say(HOLD, b"mine") is None
    # deliveries keep their order: what came before is not on its way any more
    await tower.await_heard(HOLD)
    assert {topic for topic, _payload in tower.seen} == {HOLD}
    for topic in (HOLD, ELSEWHERE.full("cmd/hold"), ELSEWHERE.full("state"), TOPICS.full("weather"), "towerd/v1/x"):
        assert await tower.say(topic, b"{}") == DENIED, topic
    # once for each subscription that fits, and nothing that the tower said itself
    assert set(tower.heard(HOLD)) == {b"mine"}


@pytest.mark.parametrize("name", [SCREEN, OTHER_TOWER, "stranger.example", PLATFORM])
async def test_nobody_but_the_tower_publishes_its_state(site: Site, client: Callable[..., Client], name: str) -> None:
    other = await client(name).up()
    for relative in ("state", "availability", "event", "rsp/shop_7", "order/o_91", "key"):
        assert await other.say(TOPICS.full(relative), b"{}", retain=True) == DENIED, relative


@pytest.mark.parametrize("name", [SCREEN, OTHER_TOWER, "stranger.example"])
async def test_nobody_but_the_platform_commands(site: Site, client: Callable[..., Client], name: str) -> None:
    assert await (await client(name).up()).say(HOLD, b"{}") == DENIED


async def test_a_screen_sees_the_state_and_neither_commands_nor_answers(
    site: Site, keys: Keys, client: Callable[..., Client]
) -> None:
    platform, screen = await client(PLATFORM).up(), await client(SCREEN).up()
    await screen.listen("#")
    async with site.tower(keys, site.tls(TOWER)) as bed:
        await platform.say(TOPICS.full("cmd/state"), body(bed.clock, None, "r_2"))
        bed.bus.show(view(can_deliver=False))
        await screen.await_heard(
            TOPICS.full("state"), lambda found: any(b'"can_deliver":false' in one for one in found)
        )
    seen = {TOPICS.relative(topic) for topic, _payload in screen.seen}
    assert not [name for name in seen if name is None or name.startswith(("cmd/", "rsp/", "order/", "loan/", "event"))]


async def test_a_stolen_client_id_takes_over_nothing(site: Site, keys: Keys, client: Callable[..., Client]) -> None:
    platform = await client(PLATFORM).up()
    async with site.tower(keys, site.tls(TOWER)) as bed:
        thief = await client(OTHER_TOWER, asks_for=TOWER).up()
        await thief.listen(TOPICS.full("cmd/+"))
        token = keys.token(drive_claims(bed.clock.now()))
        assert await platform.say(COMMAND, body(bed.clock, token)) is None
        await until(lambda: bed.inbox.of(OrderRequested))
        assert await platform.say(ELSEWHERE.full("cmd/hold"), b"yours") is None
        await thief.listen(ELSEWHERE.full("cmd/+"))
        assert await platform.say(ELSEWHERE.full("cmd/hold"), b"yours again") is None
        await thief.await_heard(ELSEWHERE.full("cmd/hold"))
        assert not thief.heard(COMMAND)
        assert bed.inbox.of(BusChanged) == [BusChanged(True)]


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("who", ["another authority", "no certificate"])
async def test_without_a_certificate_of_the_site_nobody_gets_in(site: Site, tmp_path: Path, who: str) -> None:
    other = Authority(tmp_path, "other")
    with pytest.raises(AssertionError, match="refused"):
        await site.knock(site.tls(TOWER, other) if who == "another authority" else None)
    await site.knock(site.tls(TOWER))


@pytest.mark.parametrize("before", [False, True])
async def test_a_retained_command_is_refused(
    site: Site, keys: Keys, client: Callable[..., Client], before: bool
) -> None:
    """Live, by Retain As Published; and where the broker kept it from before the tower came."""
    platform = await client(PLATFORM).up()
    await platform.listen(TOPICS.full("rsp/+"))
    if before:
        await platform.say(HOLD, b'{"req_id":"r_1"}', retain=True)
    async with site.tower(keys, site.tls(TOWER)) as bed:
        if not before:
            token = keys.token(drive_claims(bed.clock.now()))
            assert await platform.say(HOLD, body(bed.clock, token), retain=True) is None
        await until(lambda: bed.inbox.of(CommandRefused))
        assert bed.inbox.of(CommandRefused)[0].reasons == ("malformed",)
        assert not bed.inbox.of(OrderRequested)


async def test_a_command_waits_for_a_tower_that_is_away_also_over_a_restart_of_the_broker(
    site: Site, keys: Keys, client: Callable[..., Client]
) -> None:
    platform, tls = await client(PLATFORM).up(), site.tls(TOWER)
    async with site.tower(keys, tls) as bed:
        payload = body(bed.clock, keys.token(drive_claims(bed.clock.now())))
    assert await platform.say(COMMAND, payload) is None
    await asyncio.to_thread(site.stop)
    await asyncio.to_thread(site.start)
    async with site.tower(keys, tls) as bed:
        await until(lambda: bed.inbox.of(OrderRequested))
        assert len(bed.inbox.of(OrderRequested)) == 1


@pytest.mark.parametrize("crash", [False, True])
async def test_an_outage_loses_no_event_and_the_state_comes_back(
    site: Site, keys: Keys, client: Callable[..., Client], crash: bool
) -> None:
    platform = await client(PLATFORM).up()
    async with site.tower(keys, site.tls(TOWER)) as bed:
        bed.rows.append(2)
        bed.bus.wake()
        await until(lambda: OutboxAcknowledged(2) in bed.inbox.events)
        await asyncio.to_thread(site.stop, crash=crash)
        await until(lambda: BusChanged(False) in bed.inbox.events)
        bed.rows.append(20)
        bed.bus.wake()
        await asyncio.to_thread(site.start)
        await platform.up()
        await platform.listen("towerd/v1/#")
        await until(lambda: OutboxAcknowledged(22) in bed.inbox.events, 15)
        await platform.await_heard(TOPICS.full("state"))
        # the broker may have kept the will of the connection that it lost
        await platform.await_heard(TOPICS.full("availability"), lambda found: found[-1:] == [b"online"])
        assert await platform.say(TOPICS.full("cmd/state"), body(bed.clock, None, "r_3")) is None
        await platform.await_heard(TOPICS.full("rsp/shop_7"))


async def test_a_tower_that_is_cut_off_is_told_by_its_will(
    site: Site, keys: Keys, client: Callable[..., Client]
) -> None:
    platform, tls = await client(PLATFORM).up(), site.tls(TOWER)
    await platform.listen(TOPICS.full("availability"))
    async with site.tower(keys, tls) as bed:
        await platform.await_heard(TOPICS.full("availability"))
        # the same certificate once more: the broker ends the older connection, and the newer session goes on
        twin = await client(TOWER, tls=tls).up()
        await platform.await_heard(TOPICS.full("availability"), lambda found: b"offline" in found)
        await asyncio.to_thread(twin.close)
        await platform.await_heard(TOPICS.full("availability"), lambda found: found[-1:] == [b"online"])
        assert BusChanged(False) in bed.inbox.events
