"""The server as a process: where it listens, and what is left when it ends."""

from __future__ import annotations

import http.client
import os
import re
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
from lusscore.web.server import serve, upload_folder
from lusscore.web.settings import MEGABYTE, Limits, ServeSettings
from web.page_server import Page, ServePage, small, start_page

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
        head = page.upload_head(exam, f"Content-Length: {len(clip)}")
        with socket.create_connection(("127.0.0.1", page.port)) as sender:
            sender.sendall(head + clip[:100])
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
    assert "encrypted" in err


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


@pytest.fixture
def here(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this process puts temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return temporary


HOLD = """
import time
from lusscore.web.server import upload_folder
with upload_folder() as folder:
    (folder / "clip.mp4").write_bytes(b"x")
    print(folder, flush=True)
    time.sleep(60)
"""


def start(here: Path) -> tuple[subprocess.Popen[str], Path]:
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(here))
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | places,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_the_folder_is_gone_afterwards_whatever_happened(here: Path) -> None:
    def fail() -> None:
        with upload_folder() as folder:
            assert folder.parent == here
            (folder / "exam-1").mkdir()
            (folder / "exam-1" / "0001.mp4").write_bytes(b"x")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(here.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_nobody_else_may_open_it(here: Path) -> None:
    with upload_folder() as folder:
        assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_folders_of_servers_that_run_stay_and_of_those_that_were_killed_go(here: Path) -> None:
    process, theirs = start(here)
    try:
        with upload_folder() as mine:
            assert mine != theirs
            assert (theirs / "clip.mp4").is_file()
    finally:
        process.kill()
        process.communicate(timeout=10)
    assert theirs.is_dir()
    with upload_folder():
        assert not theirs.exists()


def test_what_only_has_such_a_name_stays(here: Path) -> None:
    elsewhere = here / "precious"
    elsewhere.mkdir()
    (elsewhere / "in-use.lock").touch()
    (elsewhere / "file").touch()
    (here / "lusscore-serve-link").symlink_to(elsewhere)
    (here / "lusscore-serve-without-lock").mkdir()
    (here / "lusscore-serve-file").touch()
    with upload_folder():
        pass
    assert sorted(path.name for path in here.iterdir()) == [
        "lusscore-serve-file",
        "lusscore-serve-link",
        "lusscore-serve-without-lock",
        "precious",
    ]
    assert (elsewhere / "file").exists()


def hung_up_after(sender: socket.socket, begun: float) -> float:
    """Read until the server hangs up and return the seconds since `begun`."""
    try:
        while sender.recv(4096):
            pass
    except ConnectionError:
        pass
    return time.monotonic() - begun


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x"])
def test_a_connection_that_says_nothing_or_half_a_head_is_cut(
    serve_page: ServePage, said: bytes
) -> None:
    page = serve_page(small(patience=0.3))
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", page.port), 10) as sender:
        sender.sendall(said)
        assert 0.2 < hung_up_after(sender, begun) < 3


def test_a_head_that_drips_is_cut(serve_page: ServePage) -> None:
    page = serve_page(small(patience=0.5))
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", page.port), 10) as sender:
        try:
            while time.monotonic() - begun < 10:
                sender.sendall(b"G")
                time.sleep(0.05)
        except ConnectionError:
            pass
    assert time.monotonic() - begun < 3


def test_a_second_head_on_the_same_connection_is_timed_too(serve_page: ServePage) -> None:
    page = serve_page(small(patience=0.5))
    whole = f"GET /api/runs HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", page.port), 10) as sender:
        sender.sendall(whole)
        assert b"200 OK" in sender.recv(65536)
        begun = time.monotonic()
        sender.sendall(whole[:20])
        assert hung_up_after(sender, begun) < 3


def test_an_answer_may_take_longer_than_a_head(serve_page: ServePage, clip: bytes) -> None:
    page = serve_page(small(patience=0.3, silence=5.0))
    exam = page.open_exam()
    head = page.upload_head(exam, f"Content-Length: {len(clip)}")
    with socket.create_connection(("127.0.0.1", page.port), 10) as sender:
        sender.sendall(head + clip[:100])
        time.sleep(0.6)
        sender.sendall(clip[100:])
        assert sender.recv(65536).startswith(b"HTTP/1.1 201")


REPOSITORY = Path(__file__).parent.parent.parent


def test_the_docs_tell_the_usual_limits() -> None:
    text = (REPOSITORY / "docs" / "serve.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE))
    usual = Limits()

    def numbers(row: str) -> list[float]:
        told = f"{row} {rows[row]}".replace(",", "")
        return [float(each) for each in re.findall(r"\d+", told)]

    assert numbers("clips of one exam") == [usual.clips, usual.exam_bytes / MEGABYTE]
    assert numbers("one clip") == [usual.file_bytes / MEGABYTE]
    assert numbers("all open exams") == [usual.exams, usual.all_bytes / MEGABYTE]
    assert numbers("uploads at once") == [usual.uploads]
    assert numbers("connections at once") == [usual.connections]
    assert numbers("silence while sending") == [usual.silence]
    assert numbers("least speed, after 20 s") == [usual.grace, usual.slowest]
    assert numbers("head of a request") == [usual.patience]
    assert numbers("an exam that nobody asks for") == [usual.idle]
    assert numbers("an exam whose page was closed") == [usual.left]


def test_what_one_exam_may_take_bounds_its_clips_and_all_exams() -> None:
    small = Limits.of_exam(100)
    assert (small.exam_bytes, small.file_bytes) == (100 * MEGABYTE, 100 * MEGABYTE)
    assert Limits.of_exam(5_000).file_bytes == Limits().file_bytes
    assert Limits.of_exam(2_000) == Limits()
