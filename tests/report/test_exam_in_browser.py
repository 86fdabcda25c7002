from __future__ import annotations

import pytest

from readable_text import pale_text

pytestmark = pytest.mark.slow


@pytest.fixture
def opened(browser, exam_html, tmp_path):
    """The page at laptop width, with what it complains of and what it asks for."""
    file = tmp_path / "exam.html"
    file.write_text(exam_html, encoding="utf-8")
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.complaints, tab.requests = [], []
    tab.on("console", lambda message: tab.complaints.append(message.text))
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.on("request", lambda request: tab.requests.append(request.url))
    tab.goto(file.as_uri())
    yield tab
    tab.close()


def test_the_page_complains_of_nothing_and_asks_for_nothing(opened, tmp_path):
    pictures = opened.evaluate(
        "[...document.images].map((one) => one.complete && one.naturalWidth > 0)"
    )
    assert len(pictures) == 19
    assert all(pictures)
    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith(("data:", "file:"))] == []
    assert len([url for url in opened.requests if url.startswith("file:")]) == 1


def _opacity(opened, clip):
    return opened.evaluate(
        f"getComputedStyle(document.querySelector('#clip-{clip} .overlay')).opacity"
    )


def test_the_keyboard_changes_how_strongly_a_map_shows(opened):
    opened.focus("#clip-2 input")
    for _ in range(4):
        opened.keyboard.press("ArrowLeft")
    assert _opacity(opened, 2) == "0.5"
    assert _opacity(opened, 1) == "0.7"
    assert opened.inner_text("#clip-2 output") == "50 %"


def test_one_slider_changes_all_maps(opened):
    opened.focus("#opacity-all")
    opened.keyboard.press("Home")
    assert {_opacity(opened, clip) for clip in range(1, 7)} == {"0"}
    assert opened.input_value("#clip-3 input") == "0"


@pytest.mark.parametrize("width", [1280, 820, 400])
def test_nothing_sticks_out_of_the_page(opened, width):
    opened.set_viewport_size({"width": width, "height": 900})
    assert opened.evaluate("document.documentElement.scrollWidth") <= width


def test_a_picture_keeps_its_proportions_and_its_map_lies_on_it(opened):
    for width in (1280, 820, 400):
        opened.set_viewport_size({"width": width, "height": 900})
        picture, overlay = (
            opened.locator(f"#clip-1 .view:nth-child(2) img:nth-child({place})").bounding_box()
            for place in (1, 2)
        )
        assert picture == overlay
        assert picture["width"] / picture["height"] == pytest.approx(160 / 120, rel=0.01)


def test_every_zone_can_be_reached_and_opened_by_keyboard(opened):
    opened.focus(".field[href='#clip-5']")
    opened.keyboard.press("Enter")
    assert opened.evaluate("location.hash") == "#clip-5"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_small_text_can_be_read_in_light_and_dark(opened, scheme):
    opened.emulate_media(color_scheme=scheme)
    assert pale_text(opened, least=60) == []


def test_in_print_the_card_is_open_and_controls_are_gone(opened):
    opened.emulate_media(media="print")
    assert not opened.locator("#opacity-all").is_visible()
    assert not opened.locator("nav").first.is_visible()
    assert opened.get_by_text("Children were not examined.").bounding_box()["height"] > 5
