from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from web.browser.study import COHORT, await_end, make_study, start
from web.browser.tab import Tab, open_tab
from web.page_server import start_page


@pytest.fixture(scope="session")
def study(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a cohort to label, an exam to drop and a run."""
    return make_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="session")
def coming(study: Path) -> Iterator[subprocess.Popen[str]]:
    """Computes the cohort's embeddings while tests that need none run."""
    process = start(study, "features", COHORT)
    yield process
    if process.poll() is None:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def embedded(coming: subprocess.Popen[str]) -> str:
    """The cohort with embeddings, so that clips of it are suggested."""
    await_end(coming)
    return COHORT


@pytest.fixture(scope="session")
def address(study: Path, coming: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a real process serves the page, with the model that comes with lusscore."""
    process, address = start_page(study, temporary=tmp_path_factory.mktemp("temporary"))
    try:
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
        assert "Traceback" not in errors


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[Tab]:
    """A tab that shows the exam page; it must not have gone wrong unseen when the test ends."""
    with open_tab(browser, address) as tab:
        yield tab


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures of the page are put, to be looked at."""
    folder = Path(__file__).parents[3] / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
