"""Bodies of requests, read no further and no longer than is allowed."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import anyio
from starlette.requests import ClientDisconnect, Request

from lusscore.web.guards.refusal import Refusal
from lusscore.web.limits import Limits


async def timed_chunks(request: Request, limits: Limits) -> AsyncIterator[bytes]:
    """Yield a body as it arrives; the caller counts it.

    Raises
    ------
    Refusal
        If nothing arrives for `limits.silence` seconds, if it is slower than `limits.slowest`
        after `limits.grace` seconds, or if the sender goes away.
    """
    begun, received = time.monotonic(), 0
    stream = request.stream().__aiter__()
    while True:
        try:
            with anyio.fail_after(limits.silence):
                chunk = await stream.__anext__()
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Refusal(408, "Nothing arrived for too long; try again.") from None
        except ClientDisconnect:
            raise Refusal(400, "The upload broke off; try again.") from None
        received += len(chunk)
        elapsed = time.monotonic() - begun
        if elapsed > limits.grace and received < elapsed * limits.slowest:
            raise Refusal(408, "It arrived too slowly; try again.")
        if chunk:
            yield chunk


async def read_text(request: Request, limits: Limits, **expected: type) -> dict[str, Any]:
    """Read a small JSON object with exactly the entries `expected`, by name and type.

    Raises
    ------
    Refusal
        If it is larger than `limits.text_bytes`, late, no JSON object or has other entries.
    """
    body = b""
    async for chunk in timed_chunks(request, limits):
        body += chunk
        if len(body) > limits.text_bytes:
            raise Refusal(413, "The request is larger than expected.")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or set(content) != set(expected):
        raise Refusal(400, "The request was not understood; load the page again.")
    for name, kind in expected.items():
        # JSON's true is an int to Python
        if not isinstance(content[name], kind) or isinstance(content[name], bool) != (kind is bool):
            raise Refusal(400, f"The request's {name} is not what it must be.")
    return content
