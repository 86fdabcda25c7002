import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from lusscore.errors import PrivacyError
from lusscore.privacy.key_file import KeyFile, hold_key_file


def test_a_patient_keeps_its_pseudonym_while_the_file_grows(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "key.csv"
    with hold_key_file(path) as key:
        first = [key.pseudonym("patient", name) for name in ("anna", "bert")]
        key.save()
    with hold_key_file(path) as key:
        third = key.pseudonym("patient", "carla")
        assert [key.pseudonym("patient", name) for name in ("anna", "bert")] == first
        key.save()
    again = KeyFile(path)
    assert [again.pseudonym("patient", n) for n in ("anna", "bert", "carla")] == [*first, third]
    assert len({*first, third}) == 3


def test_exams_are_told_apart_by_patient(tmp_path: Path) -> None:
    key = KeyFile(tmp_path / "key.csv")
    assert key.pseudonym("exam", "1", "anna") != key.pseudonym("exam", "1", "bert")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "key.csv"
    KeyFile(path).save()
    path.chmod(0o644)
    KeyFile(path).save()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_folder_that_is_made_for_it_is_open_to_its_owner_alone(tmp_path: Path) -> None:
    with hold_key_file(tmp_path / "keys" / "key.csv"):
        assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_saving_leaves_nothing_else_behind(tmp_path: Path) -> None:
    KeyFile(tmp_path / "key.csv").save()
    assert [path.name for path in tmp_path.iterdir()] == ["key.csv"]


def test_a_row_that_is_replaced_keeps_its_pseudonym(tmp_path: Path) -> None:
    key = KeyFile(tmp_path / "key.csv")
    entry = key.entry("clip", "/a/b.mp4", "ward")
    key.put(replace(entry, pseudonym="C-OTHER", digest="d"))
    key.save()
    found = KeyFile(tmp_path / "key.csv").entry("clip", "/a/b.mp4", "ward")
    assert found == replace(entry, digest="d")


def test_two_runs_do_not_use_it_at_once(tmp_path: Path) -> None:
    with hold_key_file(tmp_path / "key.csv"):
        with pytest.raises(PrivacyError, match="Another lusscore process uses the key file"):
            with hold_key_file(tmp_path / "key.csv"):
                pass
    with hold_key_file(tmp_path / "key.csv"):
        pass


@pytest.mark.parametrize("content", [b"", b"name,score\nanna,2\n", b"\xff\xfe\0\1", b'"'])
def test_another_file_is_never_taken_for_one_or_changed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(PrivacyError, match="is not a key file of lusscore, or is damaged"):
        KeyFile(path)
    assert path.read_bytes() == content


def test_a_place_that_cannot_be_written_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(PrivacyError, match="cannot be used .*; expected a place where you may"):
        with hold_key_file(tmp_path / "file" / "key.csv"):
            pass
