from pathlib import Path

import pytest

from privacy.planted import KINDS, PEOPLE, plant, seen, write_clip


def test_everything_planted_is_found_where_it_was_planted(tmp_path: Path) -> None:
    strings = plant(tmp_path / "ward")
    assert {string for _, string in seen(tmp_path / "ward", strings)} == set(strings)


def test_every_kind_of_clip_names_the_patient_in_its_name_and_in_its_bytes(tmp_path: Path) -> None:
    for kind in KINDS:
        folder = tmp_path / kind
        folder.mkdir()
        write_clip(folder, kind, PEOPLE[0], 0)
        for path in folder.iterdir():
            path.rename(path.with_stem(path.stem.replace("Quistgaard", "").replace("Ott", "")))
        assert {name for name, _ in seen(folder, ["Quistgaard"])} == {
            path.name for path in folder.iterdir() if path.suffix != ".jpg"
        }


def test_a_video_holds_a_note_between_its_pictures(tmp_path: Path) -> None:
    write_clip(tmp_path, "mp4", PEOPLE[0], 0)
    assert seen(tmp_path, ["PRIVATE-NOTE-6612"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_name_is_found_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.bin").write_bytes(b"\1\2" + PEOPLE[2].family.upper().encode(encoding) + b"\3")
    assert seen(tmp_path, [PEOPLE[2].family, PEOPLE[0].family]) == [("a.bin", PEOPLE[2].family)]


@pytest.mark.parametrize("before", range(4))
def test_a_name_is_found_in_base64_and_deflated(tmp_path: Path, before: int) -> None:
    import base64
    import zlib

    text = bytes(range(1, 1 + before)) + b"see Quistgaard again"
    (tmp_path / "a").write_bytes(b"<" + base64.b64encode(text) + b">")
    (tmp_path / "b").write_bytes(b"12345" + zlib.compress(text) + b"12345")
    (tmp_path / "c").write_bytes(b"base64," + base64.b64encode(zlib.compress(text * 9)))
    assert [name for name, _ in seen(tmp_path, ["Quistgaard"])] == ["a", "b", "c"]
