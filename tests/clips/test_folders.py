from __future__ import annotations

from pathlib import Path

from lusscore.clips import listing, natural_order


def test_what_somebody_put_there_is_listed_as_people_count(tmp_path: Path) -> None:
    for name in ("clip10.mp4", "clip2.mp4", "Clip1.mp4", ".hidden", "Thumbs.db", "DICOMDIR"):
        (tmp_path / name).touch()
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "patient").mkdir()
    names = [path.name for path in listing(tmp_path)]
    assert names == ["Clip1.mp4", "clip2.mp4", "clip10.mp4", "patient"]


def test_one_name_in_two_forms_has_one_place() -> None:
    composed, decomposed = Path("J\u00f6rg/2.mp4"), Path("Jo\u0308rg/2.mp4")
    assert natural_order(composed)[:2] == natural_order(decomposed)[:2]
