"""The page's real server, in a thread or as a process, and a browser's side of it."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lusscore import Model
from lusscore.models import Bundle
from lusscore.web.server import Serving, serve
from lusscore.web.settings import Limits, ServeSettings


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The sentence of a refusal, which is all that it says."""
        assert self.status >= 400, (self.status, self.body[:300])
        told = self.json
        assert set(told) == {"error"}
        sentence: str = told["error"]
        assert sentence.endswith((".", ")"))
        return sentence


@dataclass
class Page:
    """What a browser that has loaded the page can do; `folder` is where the server keeps data."""

    port: int
    token: str = ""
    folder: Path = Path()
    bugs: list[BaseException] = field(default_factory=list)
    more: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def load(self) -> Page:
        found = re.search(
            r'name="lusscore-token" content="([^"]+)"', self.ask("GET", "/").body.decode()
        )
        assert found is not None
        self.token = found[1]
        return self

    def ask(
        self,
        method: str,
        path: str,
        content: Any = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Answer:
        """Send one request; a header that is None is left out."""
        body = content if isinstance(content, bytes) or content is None else json.dumps(content)
        usual: dict[str, str | None] = dict(self.more)
        if method not in ("GET", "HEAD"):
            usual |= {"Origin": self.origin, "X-Lusscore-Token": self.token}
        sent = {key: value for key, value in (usual | dict(headers or {})).items() if value}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            told = {key.lower(): value for key, value in response.getheaders()}
            return Answer(response.status, told, response.read())
        finally:
            connection.close()

    def open_exam(self) -> str:
        answer = self.ask("POST", "/api/exams", {})
        assert answer.status == 201, answer.body
        exam: str = answer.json["id"]
        return exam

    def upload(self, exam: str, name: str, content: bytes) -> Answer:
        return self.ask(
            "POST", f"/api/exams/{exam}/clips", content, {"X-Lusscore-Name": quote(name)}
        )

    def upload_head(self, exam: str, *headers: str) -> bytes:
        """Write the head of an upload, for tests that send it over a socket of their own."""
        lines = (
            f"POST /api/exams/{exam}/clips HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Origin: {self.origin}",
            f"X-Lusscore-Token: {self.token}",
            *headers,
        )
        return "\r\n".join((*lines, "", "")).encode()

    def view(self, exam: str) -> Any:
        answer = self.ask("GET", f"/api/exams/{exam}")
        assert answer.status == 200, answer.body
        return answer.json

    def score(self, exam: str) -> Any:
        """Have an exam scored and wait for it."""
        answer = self.ask("POST", f"/api/exams/{exam}/score", {})
        assert answer.status == 202, answer.body
        for _ in range(600):
            view = self.view(exam)
            if view["state"] == "open":
                return view
            time.sleep(0.02)
        raise AssertionError(view)


ServePage = Callable[..., Page]


@contextmanager
def serving(
    bundle: Bundle, folder: Path, limits: Limits | None = None, **settings: Any
) -> Iterator[Page]:
    """Serve the page from a thread, with cohorts, feature files and runs under `folder`."""
    places = {name: folder / name.removesuffix("_dir") for name in _PLACES}
    chosen = ServeSettings(**{"port": 0, **places, "limits": limits or Limits(), **settings})
    listening = threading.Event()
    told: list[Serving] = []
    bugs: list[BaseException] = []

    def ready(serving: Serving) -> None:
        told.append(serving)
        listening.set()

    def run() -> None:
        serve(Model(bundle, threads=1), chosen, ready=ready, on_bug=bugs.append)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert listening.wait(10)
        page = Page(told[0].port, folder=folder, bugs=bugs)
        if chosen.needs_token:
            page.more["Cookie"] = f"lusscore-{page.port}={chosen.session}"
        yield page.load()
    finally:
        for each in told:
            each.stop()
        thread.join(15)
        assert not thread.is_alive()
    assert not bugs, bugs


_PLACES = ("data_dir", "features_dir", "results_dir")


def start_page(folder: Path, *options: str, temporary: Path) -> tuple[subprocess.Popen[str], str]:
    """Start ``lusscore serve`` in `folder`; return it and the address that it prints."""
    import os

    process = subprocess.Popen(
        [sys.executable, "-m", "lusscore", "serve", "--no-open", "--port", "0", *options],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(temporary), "TEMP": str(temporary), "TMP": str(temporary)},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith("Open http"):
        raise AssertionError(process.communicate(timeout=20))
    return process, line.removeprefix("Open ").strip()


def small(**changes: Any) -> Limits:
    """Limits of which some are so low that a test meets them; what is refused is cut at once."""
    return replace(Limits(), **{"linger": 0.2, **changes})
