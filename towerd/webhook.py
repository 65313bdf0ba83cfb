"""Post JSON to a URL, in a process of its own, with nothing but the standard library. URL in the first line of the input, then the body.

Exit code 0: the other side has answered with 2xx. Else 1, and why in one line. No redirect is followed: what was meant for
one place goes to no other.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage
from typing import IO, Final

_LIMIT_S: Final = 60.0


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """None: the redirect is an error as any other answer that is not 2xx."""


def post(url: str, body: bytes) -> str | None:
    """Post `body`; None, or why it was not taken, without the URL, which may hold a secret."""
    try:
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310 - the settings allow http and https only
        with urllib.request.build_opener(_Stay).open(request, timeout=_LIMIT_S):
            return None
    except urllib.error.HTTPError as error:
        return f"HTTP {error.code}"
    except urllib.error.URLError as error:
        return f"not reached: {type(error.reason).__name__}"
    except (HTTPException, OSError, ValueError) as error:
        return f"not reached: {type(error).__name__}"


def main() -> int:
    """Read, post, tell."""
    url, _, body = sys.stdin.buffer.read().partition(b"\n")
    why = post(url.decode(), body)
    if why is not None:
        print(why, end="")
    return 0 if why is None else 1


if __name__ == "__main__":
    sys.exit(main())
