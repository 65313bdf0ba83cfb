"""A relay between towerd and its broker, or its PLC, that a test opens and shuts."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

HOST = "127.0.0.1"


class Gate:
    """Relays TCP from a port of its own to `target`; shut, that port refuses connections."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._pairs: list[socket.socket] = []
        self._listener: socket.socket | None = None
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port: int = probe.getsockname()[1]

    def open(self) -> None:
        self._listener = socket.create_server((HOST, self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def shut(self) -> None:
        """Listen no more, and end what was connected."""
        listener, self._listener = self._listener, None
        if listener is not None:
            # a thread that waits in accept is woken by this, not by close
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        while self._pairs:
            end = self._pairs.pop()
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                try:
                    far = socket.create_connection((HOST, self.target))
                except OSError:
                    near.close()
                    continue
                self._pairs += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_RDWR)
