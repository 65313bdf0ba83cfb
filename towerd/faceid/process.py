"""The worker as an operating system process, with a socket pair to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from pathlib import Path

import towerd
from towerd.faceid.config import FaceConfig
from towerd.faceid.wire import LENGTHS, Message, WireError, decode, encode, lengths
from towerd.faceid.worker_args import config_message

_SEND_BUFFER_MAX_BYTES = 64 * 1024 * 1024
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "VIRTUAL_ENV", "LD_LIBRARY_PATH")


class WorkerStartError(Exception):
    """The worker did not get as far as serving; the text begins with a reason code."""


def worker_environment() -> dict[str, str]:
    """Little, and what keeps the worker small and quiet: one thread a library, few memory arenas, bounded driver calls."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    home = str(Path(towerd.__file__).parent.parent)
    return kept | {
        "PYTHONPATH": home,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        "OPENCV_LOG_LEVEL": "SILENT",
        "OPENCV_FFMPEG_LOGLEVEL": "-8",
        "OPENCV_FFMPEG_CAPTURE_OPTIONS": "rtsp_transport;tcp|fflags;nobuffer",
        "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "2",
    }


class WorkerProcess:
    """A running worker. `send` never waits; `receive` waits for the next message."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(cls, config: FaceConfig) -> WorkerProcess:
        """A worker that is ready to serve. Raises WorkerStartError, and leaves no process behind then."""
        ours, theirs = socket.socketpair()
        with theirs:
            arguments = ("-m", "towerd.faceid.worker", "--fd", str(theirs.fileno()))
            try:
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    *arguments,
                    stdin=asyncio.subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                    env=worker_environment(),
                )
            except OSError as error:
                ours.close()
                raise WorkerStartError(f"worker_unusable: {error.strerror}") from error
        reader, writer = await asyncio.open_connection(sock=ours)
        worker = cls(process, reader, writer)
        try:
            worker.send(config_message(config))
            async with asyncio.timeout(config.start_limit_s):
                await worker._expect_ready()
        except TimeoutError as error:
            await worker.kill()
            raise WorkerStartError("worker_hung: it did not start in time") from error
        except (EOFError, OSError, WireError) as error:
            await worker.kill()
            raise WorkerStartError("worker_died: it ended while it started") from error
        except BaseException:
            await worker.kill()
            raise
        return worker

    async def _expect_ready(self) -> None:
        message = await self.receive()
        if message.op != "ready":
            raise WorkerStartError(f"worker_unusable: {message.header.get('reason', message.op)}")

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def send(self, message: Message) -> None:
        """Hand to the socket. Raises WireError for what is too large; a worker that reads nothing is cut off."""
        if self._writer.transport.get_write_buffer_size() > _SEND_BUFFER_MAX_BYTES:
            self._writer.transport.abort()
            return
        self._writer.write(encode(message))

    async def receive(self) -> Message:
        """The next message. Raises EOFError, OSError, WireError."""
        header, body = lengths(await self._reader.readexactly(LENGTHS.size))
        return decode(await self._reader.readexactly(header), await self._reader.readexactly(body))

    async def kill(self) -> None:
        """End it at once, whatever it does, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._writer.transport.abort()
        await self._process.wait()
