from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lusscore.backbones import get_backbone
from lusscore.backbones.download import download_weights
from lusscore.errors import WeightsError

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def silent_server() -> Iterator[str]:
    """A proxy that takes connections and never says a word, as a firewall might."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_network_that_swallows_everything_is_given_up_on(
    silent_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", silent_server)
    monkeypatch.setenv("no_proxy", "")
    before = socket.getdefaulttimeout()
    started = time.monotonic()
    with pytest.raises(WeightsError, match="could not download the weights of mobilenet_v3_small"):
        download_weights(get_backbone("mobilenet_v3_small"), tmp_path / "none.h5", silence=0.5)
    assert time.monotonic() - started < 30
    assert socket.getdefaulttimeout() == before


@pytest.mark.slow
def test_without_a_network_one_message_tells_what_to_do(run_python: Run, tmp_path: Path) -> None:
    code = """
from lusscore.backbones import get_backbone, load_weights
from lusscore.errors import WeightsError
try:
    load_weights(get_backbone("mobilenet_v3_small"))
except WeightsError as error:
    print("told:", error)
"""
    # port 9 discards what it gets where it is open at all; here nothing listens
    ran = run_python(
        code, KERAS_HOME=str(tmp_path / "keras"), https_proxy="http://127.0.0.1:9", no_proxy=""
    )
    assert ran.returncode == 0, ran.stderr
    told = ran.stdout.partition("told: ")[2].strip()
    assert told.count("\n") == 0
    assert told.startswith("Keras could not download the weights of mobilenet_v3_small (")
    assert "mobilenet_v3_small.weights.h5 in a folder given by --weights-dir" in told
    assert "Traceback" not in ran.stdout + ran.stderr
