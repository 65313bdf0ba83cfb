"""What holds for every test."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

import pytest
import pytest_asyncio
import structlog
from hypothesis import settings

from tests.support import passed_over, published
from tests.support.virtual_loop import VirtualLoop

# how quick a machine is, is no property of the program
settings.register_profile("towerd", deadline=None)
settings.load_profile("towerd")

# without a loop of its own the main thread makes one when pytest-asyncio first asks for it, and nobody closes that
asyncio.set_event_loop(None)


@pytest_asyncio.fixture
async def no_task_left() -> AsyncIterator[None]:
    """A test that leaves a task running has not ended what it began."""
    before = asyncio.all_tasks()
    yield
    # what was cancelled last may need one more turn to end
    await asyncio.sleep(0)
    left = [task for task in asyncio.all_tasks() - before if not task.done() and task is not asyncio.current_task()]
    assert not left, f"still running: {left}"


@pytest.fixture(autouse=True)
def logged_as_before() -> Iterator[None]:
    """A test that sets up the process's log, as every command does, leaves it to the next as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    if structlog.is_configured():
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()


@pytest.fixture(autouse=True)
def nothing_was_passed_over() -> Iterator[None]:
    """What the core did not ask after an event had nothing to do."""
    passed_over.WRONG.clear()
    yield
    assert not passed_over.WRONG, "\n".join(passed_over.WRONG[:5])


@pytest.fixture(autouse=True)
def published_as_promised() -> Iterator[None]:
    """What a test heard the tower publish has been held against its schemas."""
    published.WRONG.clear()
    yield
    assert not published.WRONG, "\n".join(published.WRONG[:5])


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """`looptime` is said of a test or a module, `looptime(False)` of a test in such a module."""
    mark = item.get_closest_marker("looptime")
    virtual = mark is not None and mark.args != (False,)
    return {"loop": VirtualLoop if virtual else asyncio.new_event_loop}


def real_time_s(item: pytest.Item) -> float:
    """How long a test may wait for processes and connections; 0 for one that does not."""
    limit = item.get_closest_marker("timeout")
    if item.get_closest_marker("e2e") is None:
        return 0.0
    return float(item.config.getini("timeout") if limit is None else limit.args[0])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.function):
            # first, so that it is left last: other fixtures end their own tasks
            item.fixturenames.insert(0, "no_task_left")
    # what waits in real time begins first, and of that what is given most; the order is chance's otherwise
    items.sort(key=real_time_s, reverse=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("towerd")
    group.addoption("--plc", metavar="ADDRESS", help="HOST[:PORT] or serial:DEVICE[?BAUD]: check this PLC")
    group.addoption("--plc-move", action="store_true", help="and let its machine move; nobody may be in it")
