"""What holds for every test."""

from __future__ import annotations

import asyncio

# without a loop of its own the main thread makes one when pytest-asyncio first asks for it, and nobody closes that
asyncio.set_event_loop(None)
