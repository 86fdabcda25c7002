from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bundle_maker import make_bundle
from clip_maker import moving_bar, write_video
from lusscore.models import Bundle
from lusscore.web.settings import Limits
from web.page_server import Page, serving, small


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A tiny scorer of brightness for the BLUE points."""
    return make_bundle(tmp_path_factory.mktemp("networks"))


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A real MP4."""
    path = tmp_path_factory.mktemp("clips") / "any.mp4"
    return write_video(path, moving_bar(6)).read_bytes()


@pytest.fixture(scope="session")
def other_clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Another real MP4."""
    path = tmp_path_factory.mktemp("clips") / "any.mp4"
    return write_video(path, moving_bar(5, seed=3)).read_bytes()


@pytest.fixture(scope="module", autouse=True)
def temporary_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Put uploads where no other server's are."""
    before = tempfile.tempdir
    tempfile.tempdir = str(tmp_path_factory.mktemp("temporary"))
    yield
    tempfile.tempdir = before


@pytest.fixture(scope="module")
def page(
    bundle: Bundle, tmp_path_factory: pytest.TempPathFactory, temporary_files: None
) -> Iterator[Page]:
    """A page with the usual limits that the tests of a module share."""
    with serving(bundle, tmp_path_factory.mktemp("page"), small()) as page:
        yield page


@pytest.fixture
def serve_page(bundle: Bundle, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Serve a page of its own, with limits and settings of its own."""
    with ExitStack() as stack:

        def start(limits: Limits | None = None, **settings: Any) -> Page:
            return stack.enter_context(serving(bundle, tmp_path, limits, **settings))

        yield start
