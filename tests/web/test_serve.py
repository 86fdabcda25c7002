"""The server as a process: where it listens, and what is left when it ends."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lusscore import Model
from lusscore.errors import ServeError
from lusscore.models import Bundle, write_bundle
from lusscore.web.serve import serve
from lusscore.web.settings import ServeSettings
from lusscore.web.upload_folder import upload_folder
from web.page_server import Page, start_page

TESTS = Path(__file__).parent.parent
COMMAND = (sys.executable, "-m", "lusscore", "serve", "--no-open")
on_posix = pytest.mark.skipif(os.name == "nt", reason="Windows ends processes otherwise")


@pytest.fixture(scope="module")
def model(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    write_bundle(bundle, folder)
    return folder


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def load(address: str) -> Page:
    port = urlsplit(address).port
    assert port is not None
    return Page(port).load()


def uploads(temporary: Path) -> list[str]:
    return sorted(path.name for path in temporary.rglob("*.mp4"))


@pytest.mark.slow
@on_posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_uploads_are_deleted_when_the_server_is_stopped(
    model: Path, tmp_path: Path, temporary: Path, clip: bytes, number: int
) -> None:
    process, address = start_page(tmp_path, "--model", str(model), temporary=temporary)
    try:
        page = load(address)
        exam = page.open_exam()
        page.upload(exam, "R1.mp4", clip)
        assert uploads(temporary) == ["0001.mp4"]
        # one that is still arriving does not keep the server
        lines = (
            f"POST /api/exams/{exam}/clips HTTP/1.1",
            f"Host: 127.0.0.1:{page.port}",
            f"Origin: {page.origin}",
            f"X-Lusscore-Token: {page.token}",
            f"Content-Length: {len(clip)}",
        )
        with socket.create_connection(("127.0.0.1", page.port)) as sender:
            sender.sendall("\r\n".join((*lines, "", "")).encode() + clip[:100])
            while not list(temporary.rglob("0002.part")):
                time.sleep(0.01)
            begun = time.monotonic()
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, err
    assert "Stopped; all uploads are deleted." in out
    assert "Traceback" not in err
    assert time.monotonic() - begun < 8
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
@on_posix
def test_what_a_killed_server_left_is_swept_by_the_next(
    model: Path,
    tmp_path: Path,
    temporary: Path,
    clip: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    killed, address = start_page(tmp_path, "--model", str(model), temporary=temporary)
    try:
        page = load(address)
        page.upload(page.open_exam(), "R1.mp4", clip)
    finally:
        killed.kill()
        killed.communicate(timeout=10)
    (left,) = temporary.glob("lusscore-serve-*")
    assert uploads(temporary) == ["0001.mp4"]
    assert left.stat().st_mode & 0o077 == 0
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with upload_folder():
        assert not left.exists()


def test_a_taken_port_is_told_in_a_sentence(model: Path, tmp_path: Path, temporary: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = subprocess.run(
            [*COMMAND, "--port", str(port), "--model", str(model)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert result.returncode == 2
    assert f"Port {port} of 127.0.0.1 is taken" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(("host", "port"), [("no.such.host.invalid", 0), ("127.0.0.1", 70_000)])
def test_an_address_that_cannot_be_listened_at_is_told_in_a_sentence(
    bundle: Bundle, host: str, port: int
) -> None:
    with pytest.raises(ServeError, match=r"\.$"):
        serve(
            Model(bundle),
            ServeSettings(host=host, port=port),
            ready=lambda serving: serving.stop(),
            on_bug=pytest.fail,
        )


def test_another_address_is_printed_with_its_token(
    model: Path, tmp_path: Path, temporary: Path
) -> None:
    options = ("--model", str(model), "--host", "0.0.0.0")
    process, address = start_page(tmp_path, *options, temporary=temporary)
    try:
        parts = urlsplit(address)
        assert parts.port is not None
        assert parts.query.startswith("token=")
        connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=10)
        connection.request("GET", "/")
        assert connection.getresponse().status == 401
        connection.close()
        connection.request("GET", f"/?{parts.query}")
        assert connection.getresponse().status == 303
        connection.close()
    finally:
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert "not encrypted" in err


def test_scoring_on_the_page_needs_no_tensorflow(model: Path, tmp_path: Path, clip: bytes) -> None:
    (tmp_path / "R1.mp4").write_bytes(clip)
    code = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(TESTS)!r})
from lusscore.models import read_bundle
from web.page_server import serving
with serving(read_bundle(Path({str(model)!r})), Path({str(tmp_path)!r})) as page:
    exam = page.open_exam()
    page.upload(exam, "R1.mp4", Path({str(tmp_path / "R1.mp4")!r}).read_bytes())
    assert page.score(exam)["result"]["zones"]
    assert page.ask("GET", f"/api/exams/{{exam}}/report.html").status == 200
    assert page.ask("GET", "/api/cohorts").json == []
    assert page.ask("GET", "/api/runs").json == []
found = {{name.split(".")[0] for name in sys.modules}} & {{"tensorflow", "keras", "torch"}}
sys.exit(", ".join(sorted(found)) or 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
