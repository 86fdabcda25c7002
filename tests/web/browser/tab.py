"""A browser's tab that notices what goes wrong, and what people do in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    FilePayload,
    Locator,
    Page,
    expect,
)

SECONDS = 20_000


@dataclass
class Tab:
    """A page and what was seen of it.

    Attributes
    ----------
    troubles
        What the console complained of, scripts that failed, dialogs that came up.
    addresses
        Of everything that was asked for.
    refused
        Whether the test has the server refuse something: browsers complain of that, too.
    """

    page: Page
    origin: str
    troubles: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    refused: bool = False

    def find(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def drop(self, path: Path) -> None:
        """Drop a file or a folder as a file manager does."""
        session = self.page.context.new_cdp_session(self.page)
        data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            session.send(
                "Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 400, "data": data}
            )
        session.detach()

    def choose(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Choose files of these names."""
        payloads: list[FilePayload] = [
            {"name": name, "mimeType": "video/mp4", "buffer": content} for name, content in files
        ]
        self.page.set_input_files("#pick-files", payloads)

    def has_clips(self, count: int) -> None:
        """Wait until so many clips have arrived, and none is under way."""
        expect(self.find(".clip-row")).to_have_count(count, timeout=SECONDS)
        expect(self.find(".upload.sending, .upload.waiting")).to_have_count(0, timeout=SECONDS)

    def score(self) -> None:
        self.find("#score").click()
        expect(self.find("#global-score")).to_be_visible(timeout=3 * SECONDS)

    def row(self, file: str) -> Locator:
        return self.find(".clip-row").filter(has_text=re.compile(rf"\b{re.escape(file)}"))

    def zone(self, name: str) -> Locator:
        return self.find(f'.zone[data-zone="{name}"]')

    @property
    def headers(self) -> dict[str, str]:
        """What the page's scripts send with everything that changes something."""
        token = self.find('meta[name="lusscore-token"]').get_attribute("content")
        assert token is not None
        return {"X-Lusscore-Token": token, "Origin": self.origin}

    def read(self, script: str) -> Any:
        return self.page.evaluate(script)

    def _hear(self, message: ConsoleMessage) -> None:
        foreseen = self.refused and re.search("responded with a status of (4|503)", message.text)
        if message.type in ("error", "warning") and not foreseen:
            self.troubles.append(message.text)

    def _dismiss(self, dialog: Dialog) -> None:
        self.troubles.append(dialog.message)
        dialog.dismiss()


@contextmanager
def open_tab(
    browser: Browser, origin: str, path: str = "", *, blank: bool = False, **context: Any
) -> Iterator[Tab]:
    """Open a tab in a profile of its own, 1280 wide unless told otherwise."""
    size = {"width": 1280, "height": 860}
    profile: BrowserContext = browser.new_context(**{"viewport": size, **context})
    try:
        tab = Tab(profile.new_page(), origin.rstrip("/"))
        profile.on("request", lambda request: tab.addresses.append(request.url))
        profile.on("console", tab._hear)
        profile.on("weberror", lambda error: tab.troubles.append(str(error.error)))
        profile.on("dialog", tab._dismiss)
        if not blank:
            tab.page.goto(f"{tab.origin}/{path}")
        yield tab
        assert tab.troubles == []
        allowed = (f"{tab.origin}/", "blob:", "data:")
        assert [each for each in tab.addresses if not each.startswith(allowed)] == []
    finally:
        profile.close()
