"""Whatever stands in a cohort's files, they are read or refused with a sentence."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lusscore.cohort import (
    Card,
    Rating,
    Segment,
    read_cohort,
    read_folds,
    read_ratings,
    write_cohort,
)
from lusscore.errors import CohortError, LusscoreError

SEGMENTS = [
    Segment("clips/a.mp4", "p1", "1", "R1", 2, group="covid", device="x", rater="y"),
    Segment("clips/b, c.mp4", "p2", "1", "L3", None, 3, 9),
    Segment("/elsewhere/ü.mp4", "p3", "2", "", 0),
]
RATINGS = [Rating("clips/a.mp4", "x", 2), Rating("clips/a.mp4", "y", 3, 0, 5)]
JUNK = st.one_of(
    st.binary(min_size=1, max_size=8),
    st.sampled_from(
        [
            b"9" * 5000,
            b"x" * 400,
            b"\xff\xfe",
            *(text.encode() for text in ["²", "٣", "-1", "1e9", "nan"]),
        ]
    ),
    st.sampled_from([b'"', b",", b"\n", b"\r", b"\0", b"..", b"../../etc", b"[", b"]", b"="]),
)
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["insert", "replace", "cut", "end", "repeat"]),
        st.floats(0, 1, exclude_max=True),
        JUNK,
    ),
    min_size=1,
    max_size=6,
)


def changed(raw: bytes, changes: list[tuple[str, float, bytes]]) -> bytes:
    """Damage a file's bytes."""
    for how, where, junk in changes:
        at = int(where * (len(raw) + 1))
        if how == "insert":
            raw = raw[:at] + junk + raw[at:]
        elif how == "replace":
            raw = raw[:at] + junk + raw[at + len(junk) :]
        elif how == "cut":
            raw = raw[:at] + raw[at + 7 :]
        elif how == "end":
            raw = raw[:at]
        else:
            raw = raw[:at] + raw
    return raw


def frames_of(*patients: str) -> pd.DataFrame:
    """One labelled frame each."""
    return pd.DataFrame({"patient": patients, "group": "", "device": "", "truth": 0})


LAW = settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_cohort(tmp_path, Card("c", "blue-6", "soldati-2020", citation="x\ny"), SEGMENTS, RATINGS)
    return tmp_path


@LAW
@given(st.sampled_from(["manifest.csv", "cohort.toml", "ratings.csv"]), CHANGES, st.booleans())
def test_a_damaged_cohort_is_read_or_refused_with_a_sentence(
    folder: Path, name: str, changes: list[tuple[str, float, bytes]], check_files: bool
) -> None:
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(changed(whole, changes))
    try:
        cohort = read_cohort(folder, check_files=check_files)
        read_ratings(folder / "ratings.csv")
    except LusscoreError:
        return
    finally:
        (folder / name).write_bytes(whole)
    assert cohort.segments
    assert len(cohort.card.extraction.frames.select(100)) > 0
    for segment in cohort.segments:
        assert segment.score in (None, 0, 1, 2, 3)
        assert Path(segment.clip).is_absolute() or ".." not in PureWindowsPath(segment.clip).parts
        assert (
            "\0"
            not in segment.clip + segment.patient + segment.exam + segment.group + segment.device
        )


@LAW
@given(CHANGES)
def test_damaged_folds_are_read_or_refused_with_a_sentence(
    tmp_path: Path, changes: list[tuple[str, float, bytes]]
) -> None:
    frames = frames_of("a", "b", "c")
    rows = ["repeat,fold,patient,group,frames", "1,1,a,,1", "1,2,b,,1", "1,1,c,,1"]
    (tmp_path / "folds.csv").write_bytes(changed("\n".join(rows).encode(), changes))
    try:
        splits = read_folds(tmp_path / "folds.csv", frames)
    except LusscoreError:
        return
    for split in splits:
        assert sorted([*split.train, *split.test]) == [0, 1, 2]


@pytest.mark.parametrize(
    "clip",
    [
        *("../other/a.mp4", "b/../../a.mp4", "..\\..\\a.mp4", "b\\../a.mp4"),
        *("\\a.mp4", "C:a.mp4", "C:/b/../../../a.mp4"),
    ],
)
def test_a_path_that_leads_out_of_the_folder_is_refused(folder: Path, clip: str) -> None:
    if Path(clip).is_absolute():
        pytest.skip("a whole path on this system, which may lead anywhere")
    segments = [Segment(clip, "p1", "1", "R1", 2)]
    write_cohort(folder, Card("c", "blue-6", "soldati-2020"), segments)
    with pytest.raises(LusscoreError, match=r"line 2, column clip: the path leads out"):
        read_cohort(folder, check_files=False)


@pytest.mark.parametrize("clip", ["b/a.mp4", "b\\a.mp4", "a..mp4", "/b/../a.mp4", "C:\\b\\a.mp4"])
def test_a_path_inside_the_folder_or_a_whole_one_is_not_refused(folder: Path, clip: str) -> None:
    write_cohort(folder, Card("c", "blue-6", "soldati-2020"), [Segment(clip, "p1", "1", "R1", 2)])
    if clip.startswith("/") and not Path(clip).is_absolute():
        pytest.skip("on this system that is the root of some drive, and no whole path")
    assert read_cohort(folder, check_files=False).segments[0].clip == clip


@pytest.mark.parametrize("place", ["clips/a.mp4", "p1", "covid"])
def test_a_zero_byte_in_a_manifest_gets_a_sentence(folder: Path, place: str) -> None:
    path = folder / "manifest.csv"
    path.write_bytes(path.read_bytes().replace(place.encode(), f"{place}\0".encode()))
    with pytest.raises(CohortError, match=r"manifest\.csv: line 2, which holds zero bytes"):
        read_cohort(folder, check_files=False)


def test_a_quotation_mark_that_is_not_closed_gets_a_sentence(folder: Path) -> None:
    path = folder / "manifest.csv"
    path.write_text(path.read_text() + 'a.mp4,"p,1,R1,0\n' + "b.mp4,q,1,R1,0\n" * 20_000)
    with pytest.raises(LusscoreError, match="quotation mark that is not closed"):
        read_cohort(folder, check_files=False)
