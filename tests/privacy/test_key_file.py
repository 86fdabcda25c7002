import base64
import os
import re
import stat
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.errors import PrivacyError
from lusscore.privacy.key_file import KeyFile, hold_key_file

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def test_a_patient_keeps_its_pseudonym_while_the_file_grows(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "key.csv"
    with hold_key_file(path, tmp_path / "data" / "ward") as key:
        first = [key.pseudonym("patient", name) for name in ("anna", "bert")]
        key.save()
    with hold_key_file(path, tmp_path / "data" / "ward") as key:
        third = key.pseudonym("patient", "carla")
        assert [key.pseudonym("patient", name) for name in ("anna", "bert")] == first
        key.save()
    again = KeyFile(path)
    assert [again.pseudonym("patient", n) for n in ("anna", "bert", "carla")] == [*first, third]
    assert len({*first, third}) == 3


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "key.csv"
    KeyFile(path).save()
    path.chmod(0o644)
    KeyFile(path).save()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_folder_that_is_made_for_it_is_open_to_its_owner_alone(tmp_path: Path) -> None:
    with hold_key_file(tmp_path / "keys" / "key.csv", tmp_path / "data" / "ward"):
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
    with hold_key_file(tmp_path / "key.csv", tmp_path / "data" / "ward"):
        with pytest.raises(PrivacyError, match="another lusscore process uses this key file"):
            with hold_key_file(tmp_path / "key.csv", tmp_path / "data" / "ward"):
                pass
    with hold_key_file(tmp_path / "key.csv", tmp_path / "data" / "ward"):
        pass


HEADER = b"kind,original,within,pseudonym,digest,copy_digest,owner,treatment\n"
SALT = b"salt,secret,,ONQWY5A=,,,,\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"name,score\nanna,2\n",
        b"\xff\xfe\0\1",
        b'"',
        HEADER,
        HEADER + b"salt,secret,,,,,,\n",
        HEADER + SALT.replace(b"=", b""),
        HEADER + SALT + b"patient,17,,,,,,\n",
        HEADER + SALT + b"person,17,,P-A,,,,\n",
        HEADER + SALT + b"patient,17,,P-A,,,,\npatient,18,,P-A,,,,\n",
        HEADER + SALT + b'patient,"17,,P-A',
        HEADER + b"patient,17,,P-A,,,,\n",
    ],
)
def test_another_file_is_never_taken_for_one_or_changed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(PrivacyError, match="is not a key file of lusscore, or is damaged"):
        KeyFile(path)
    assert path.read_bytes() == content


@given(st.lists(st.tuples(TEXT, TEXT), unique=True))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, names: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("keys") / "key.csv"
    key = KeyFile(path)
    made = [key.entry("exam", name, patient) for name, patient in names]
    key.save()
    again = KeyFile(path)
    assert [again.entry("exam", name, patient) for name, patient in names] == made
    again.save()
    assert KeyFile(path).digest("patient", "17") == key.digest("patient", "17")


@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), min_size=1, max_size=30))
def test_two_patients_or_exams_are_never_made_one(names: list[tuple[str, str]]) -> None:
    key = KeyFile(Path("none.csv"))
    composed = {tuple(unicodedata.normalize("NFC", part) for part in name) for name in names}
    patients = {key.pseudonym("patient", patient) for patient, _ in names}
    assert len(patients) == len({patient for patient, _ in composed})
    assert len({key.pseudonym("exam", exam, patient) for patient, exam in names}) == len(composed)


@given(TEXT)
def test_a_pseudonym_is_short_and_the_same_every_time(name: str) -> None:
    key = KeyFile(Path("none.csv"))
    assert re.fullmatch("P-[A-Z2-7]{6}", key.pseudonym("patient", name))
    assert key.pseudonym("patient", name) == key.pseudonym("patient", name)


def with_salt(path: Path, salt: bytes) -> KeyFile:
    path.write_bytes(HEADER + SALT.replace(b"ONQWY5A=", base64.b32encode(salt)))
    return KeyFile(path)


def test_known_values(tmp_path: Path) -> None:
    # HMAC-SHA256 as of RFC 2104, worked out with OpenSSL: message "patient", a zero byte, "17"
    key = with_salt(tmp_path / "key.csv", bytes(range(32)))
    assert key.digest("patient", "17").hex().startswith("aab1c0b3007377d7e10c2623")
    digest = key.digest("patient", "17", "")
    assert key.pseudonym("patient", "17") == f"P-{base64.b32encode(digest).decode()[:6]}"


def test_without_the_salt_nothing_follows_from_the_name() -> None:
    one, other = (KeyFile(Path("none.csv")) for _ in range(2))
    names = [str(number) for number in range(1000)]
    assert not {one.pseudonym("patient", name) for name in names} & {
        other.pseudonym("patient", name) for name in names
    }


def test_what_is_taken_is_not_given_again(tmp_path: Path) -> None:
    key = with_salt(tmp_path / "key.csv", bytes(range(32)))
    taken = key.pseudonym("patient", "17")
    with (tmp_path / "key.csv").open("ab") as file:
        file.write(f"patient,somebody,,{taken},,,,\n".encode())
    assert KeyFile(tmp_path / "key.csv").pseudonym("patient", "17") != taken


def test_the_same_text_is_called_differently_as_patient_and_as_exam() -> None:
    key = KeyFile(Path("none.csv"))
    names = (("patient", "1"), ("exam", "1"), ("patient", "1", ""), ("patient", ""))
    assert len({key.digest(*name) for name in names}) == 4


def test_a_name_composed_and_decomposed_is_one_name() -> None:
    key = KeyFile(Path("none.csv"))
    assert key.digest("patient", "\u00d6z") == key.digest("patient", "O\u0308z")
    assert key.entry("patient", "\u00d6z") == key.entry("patient", "O\u0308z")


def hold(key_file: Path, tmp_path: Path) -> Path:
    with hold_key_file(key_file, tmp_path / "data" / "ward") as key:
        return key.path


@pytest.mark.parametrize(
    ("where", "home"),
    [
        ("data/ward/key.csv", "cohort"),
        ("data/ward/media/key.csv", "cohort"),
        ("data/ward", "cohort"),
        ("data/key.csv", "data"),
        ("data/other/key.csv", "data"),
        ("x/../data/key.csv", "data"),
    ],
)
def test_never_beside_what_it_protects(tmp_path: Path, where: str, home: str) -> None:
    with pytest.raises(PrivacyError, match=f"lies inside the {home} folder"):
        hold(tmp_path / where, tmp_path)


def test_a_link_into_the_data_folder_is_seen_through(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    try:
        (tmp_path / "keys").symlink_to(tmp_path / "data", target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    with pytest.raises(PrivacyError, match="lies inside the data folder"):
        hold(tmp_path / "keys" / "key.csv", tmp_path)


def test_anywhere_else(tmp_path: Path) -> None:
    assert hold(tmp_path / "key.csv", tmp_path) == (tmp_path / "key.csv").resolve()
    with pytest.raises(PrivacyError, match="is a folder; expected the name of a key file"):
        hold(tmp_path, tmp_path)
