"""Embed two frames with the default backbone and print all that touched the outside.

Run as a script with the cache folder as its argument: prints one line for each file opened for
writing, folder made, process started and connection tried, then whether TensorFlow was loaded.
"""

from __future__ import annotations

import os
import sys

# some versions, such as 4.1.0, try out links in the temporary folder when they are imported
import filelock  # noqa: F401

events: list[tuple[str, str]] = []


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """Note what leaves the process."""
    first = str(arguments[0]) if arguments else ""
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.sendmsg"):
        events.append((event, str(arguments)))
    elif event == "open" and isinstance(arguments[2], int):
        if arguments[2] & (os.O_WRONLY | os.O_RDWR):
            events.append((event, first))
    elif event in ("os.mkdir", "os.fork", "subprocess.Popen"):
        events.append((event, first))


sys.addaudithook(watch)

from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402

from lusscore.backbones import EngineChoice, get_backbone, load_weights  # noqa: E402

spec = get_backbone("efficientnet_lite0")
with EngineChoice(cache=Path(sys.argv[1])).open(spec, load_weights(spec)) as engine:
    engine.embed(np.zeros((2, 224, 224, 3), np.uint8))
for event in events:
    print(*event)  # noqa: T201
print("tensorflow loaded:", "tensorflow" in sys.modules)  # noqa: T201
