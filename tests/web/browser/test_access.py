from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from lusscore.models import Bundle
from web.browser.tab import open_tab
from web.page_server import serving

pytestmark = pytest.mark.slow

TOKEN = "a-token-of-this-test"


def test_the_printed_address_opens_the_page_and_its_scripts_and_then_hides_the_token(
    browser: Browser, bundle: Bundle, clip: bytes, tmp_path: Path
) -> None:
    with serving(bundle, tmp_path, ask_token=True, access_token=TOKEN) as page:
        with open_tab(browser, page.origin, f"?token={TOKEN}") as tab:
            expect(tab.find("#welcome")).to_be_visible()
            assert TOKEN not in tab.page.url
            tab.choose([("L1.mp4", clip)])
            tab.has_clips(1)
            tab.find(".tabs a").nth(2).click()
            expect(tab.find("#runs-empty")).to_contain_text("There is no run")
