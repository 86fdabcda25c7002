import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelling.label_process import WRITER, run_together
from lusscore.cohort import (
    RATING_COLUMNS,
    Card,
    Cohort,
    Rating,
    Segment,
    consensus_labels,
    read_cohort,
    read_ratings,
    write_cohort,
)
from lusscore.errors import CohortError
from lusscore.labelling import Recorded, labels, record_label
from lusscore.labelling.csv_table import CsvTable
from lusscore.labelling.labels import hold_cohort, rate

HEADER = "clip,patient,exam,zone,score,frame_start,frame_end,group,device,rater\n"


@pytest.fixture
def folder(make_cohort: Callable[..., Cohort]) -> Path:
    """Two patients with two clips each, of which R1 is labelled by nobody named."""
    return make_cohort(2, score=lambda patient, zone: None if zone else patient).folder


def segment(folder: Path, clip: str) -> Segment:
    (found,) = (one for one in read_cohort(folder).segments if one.clip == clip)
    return found


def ratings(folder: Path) -> set[Rating]:
    return set(read_ratings(folder / "ratings.csv"))


def test_a_clip_without_a_label_gets_it(folder: Path) -> None:
    before = (folder / "manifest.csv").read_text().splitlines()
    told = record_label(folder, "clips/p0_L1.mp4", 2, " anna ")
    assert told == Recorded("clips/p0_L1.mp4", "label", 2, "anna")
    after = (folder / "manifest.csv").read_text().splitlines()
    pairs = zip(before, after, strict=True)
    changed = [number for number, pair in enumerate(pairs) if len(set(pair)) > 1]
    assert changed == [2]
    assert after[2] == "clips/p0_L1.mp4,p0,1,L1,2,,,healthy,,anna"
    assert record_label(folder, "clips/p0_L1.mp4", 2, "anna").outcome == "unchanged"
    assert record_label(folder, "clips/p0_L1.mp4", 3, "anna").outcome == "correction"
    assert segment(folder, "clips/p0_L1.mp4").score == 3
    assert {path.name for path in folder.iterdir()} == {
        *("cohort.toml", "manifest.csv", "clips", ".labels.lock")
    }


def test_a_second_opinion_never_takes_the_place_of_the_first(folder: Path) -> None:
    record_label(folder, "clips/p0_L1.mp4", 2, "anna")
    told = record_label(folder, "clips/p0_L1.mp4", 0, "ben")
    assert told == Recorded("clips/p0_L1.mp4", "opinion", 2, "anna")
    assert segment(folder, "clips/p0_L1.mp4").score == 2
    for score, rater, outcome in (
        (0, "ben", "unchanged"),
        (1, "ben", "correction"),
        (3, "anna", "correction"),
    ):
        assert record_label(folder, "clips/p0_L1.mp4", score, rater).outcome == outcome
    assert segment(folder, "clips/p0_L1.mp4").score == 3
    assert {(one.rater, one.score) for one in ratings(folder)} == {("anna", 3), ("ben", 1)}


def test_a_label_of_nobody_named_is_somebody_elses_too(folder: Path) -> None:
    told = record_label(folder, "clips/p1_R1.mp4", 3, "anna")
    assert told == Recorded("clips/p1_R1.mp4", "opinion", 1, "")
    assert ratings(folder) == {
        Rating("clips/p1_R1.mp4", "unnamed", 1),
        Rating("clips/p1_R1.mp4", "anna", 3),
    }


def with_consensus(folder: Path, rule: str, scores: tuple[int, int]) -> None:
    """Write a cohort whose one clip two raters scored."""
    cohort = read_cohort(folder)
    rows = [
        Segment("clips/p0_R1.mp4", "p0", "1", "R1", score, rater=rater)
        for rater, score in zip(("anna", "ben"), scores, strict=True)
    ]
    found = consensus_labels(rows, rule)
    write_cohort(folder, cohort.card, found.segments, found.ratings)


@pytest.mark.parametrize(
    ("rule", "scores", "first", "rater", "score", "told"),
    [
        ("majority", (1, 2), "tie of 2", "cleo", 2, ("opinion", 2, "majority of 3")),
        ("majority", (1, 2), "tie of 2", "cleo", 3, ("opinion", None, "tie of 3")),
        ("majority", (1, 1), "majority of 2", "anna", 2, ("correction", None, "tie of 2")),
        ("mean", (0, 1), "mean of 2", "anna", 3, ("correction", 2, "mean of 2")),
    ],
)
def test_what_a_rule_made_is_made_again_by_the_same_rule(
    folder: Path,
    rule: str,
    scores: tuple[int, int],
    first: str,
    rater: str,
    score: int,
    told: tuple[Any, ...],
) -> None:
    with_consensus(folder, rule, scores)
    assert segment(folder, "clips/p0_R1.mp4").rater == first
    assert record_label(folder, "clips/p0_R1.mp4", score, rater) == Recorded(
        "clips/p0_R1.mp4", *told
    )
    found = segment(folder, "clips/p0_R1.mp4")
    assert (found.score, found.rater) == told[1:]


@pytest.mark.parametrize(("scores", "left"), [((2, 2), 2), ((1, 2), None)])
def test_a_rule_whose_raters_are_not_known_any_more_is_not_applied_again(
    folder: Path, scores: tuple[int, int], left: int | None
) -> None:
    with_consensus(folder, "majority", scores)
    (folder / "ratings.csv").unlink()
    told = record_label(folder, "clips/p0_R1.mp4", 0, "cleo")
    if left is None:  # nothing was decided, so that nothing is lost
        assert told == Recorded("clips/p0_R1.mp4", "label", 0, "cleo")
    else:
        assert told == Recorded("clips/p0_R1.mp4", "opinion", left, "majority of 2")
        assert ratings(folder) == {Rating("clips/p0_R1.mp4", "cleo", 0)}


def test_a_zone_is_filled_in_or_corrected_in_all_rows_of_a_clip(folder: Path) -> None:
    (folder / "manifest.csv").write_text(
        HEADER + "clips/p0_R1.mp4,p0,1,,1,0,2,,,\nclips/p0_R1.mp4,p0,1,,,2,,,,\n"
        "clips/p0_L1.mp4,p0,1,L1,1,,,,,\n"
    )
    record_label(folder, "clips/p0_R1.mp4", 3, "anna", "R2", frames=(2, None))
    first, second, other = read_cohort(folder).segments
    assert (first.zone, first.score, first.rater) == ("R2", 1, "")
    assert (second.zone, second.score, second.rater) == ("R2", 3, "anna")
    assert other.zone == "L1"


def test_segments_of_a_clip_are_told_apart_by_their_frames(folder: Path) -> None:
    (folder / "manifest.csv").write_text(
        HEADER + "clips/p0_R1.mp4,p0,1,R1,1,0,2,,,anna\nclips/p0_R1.mp4,p0,1,R1,,2,,,,\n"
    )
    for frames in (None, (0, 3)):
        with pytest.raises(CohortError, match="expected one, so say which frames"):
            record_label(folder, "clips/p0_R1.mp4", 3, "ben", frames=frames)
    assert record_label(folder, "clips/p0_R1.mp4", 3, "ben", frames=(0, 2)).outcome == "opinion"
    assert ratings(folder) == {
        Rating("clips/p0_R1.mp4", "anna", 1, 0, 2),
        Rating("clips/p0_R1.mp4", "ben", 3, 0, 2),
    }


def test_all_other_cells_stay_as_they_are(folder: Path) -> None:
    """Own columns, quotes, and the byte-order mark without which Excel reads no umlauts."""
    text = (
        '\ufeffpatient,clip,exam,note,score,zone\r\np0,"clips/p0_R1.mp4",1,"a ""quoted"", one",2,R1'
        "\r\n\r\np0, clips/p0_L1.mp4 ,1,,,L1\r\np1,clips/p1_R1.mp4,1,Müller,0,R1"
    )
    (folder / "manifest.csv").write_bytes(text.encode())
    record_label(folder, "clips/p0_L1.mp4", 1, "anna")
    assert (folder / "manifest.csv").read_bytes().decode() == (
        "\ufeffpatient,clip,exam,note,score,zone,rater\n"
        'p0,clips/p0_R1.mp4,1,"a ""quoted"", one",2,R1,\n'
        "p0,clips/p0_L1.mp4,1,,1,L1,anna\np1,clips/p1_R1.mp4,1,Müller,0,R1,\n"
    )


@pytest.mark.parametrize(
    ("clip", "score", "rater", "zone", "told"),
    [
        ("clips/nobody.mp4", 1, "anna", None, "has no such clip in its manifest"),
        ("clips/../clips/p0_R1.mp4", 1, "anna", None, "has no such clip in its manifest"),
        *(
            ("clips/p0_R1.mp4", score, "anna", None, "expected 0, 1, 2 or 3")
            for score in (-1, 4, 1.0, "1", True, None)
        ),
        ("clips/p0_R1.mp4", 1, " ", None, "The rater is empty"),
        *(
            ("clips/p0_R1.mp4", 1, rater, None, "The rater cannot be saved")
            for rater in ("two\nlines", "a\0b", "x" * 101, "\ufeffz")
        ),
        *(
            ("clips/p0_R1.mp4", 1, rater, None, "which means something else")
            for rater in ("unnamed", "majority of 2", "tie of 3", "mean of 4")
        ),
        ("clips/p0_R1.mp4", 1, "anna", "R9", "'R9' is not a zone of blue-6"),
    ],
)
def test_what_is_not_allowed_changes_nothing(
    folder: Path, clip: str, score: Any, rater: str, zone: str | None, told: str
) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.csv")}
    with pytest.raises(CohortError, match=told):
        record_label(folder, clip, score, rater, zone)
    assert {path: path.read_bytes() for path in folder.rglob("*.csv")} == before


def test_a_manifest_that_is_wrong_is_told_and_left_alone(folder: Path) -> None:
    text = (folder / "manifest.csv").read_text().replace(",R1,0", ",R1,7")
    (folder / "manifest.csv").write_text(text)
    with pytest.raises(CohortError, match="'7' is not allowed"):
        record_label(folder, "clips/p0_L1.mp4", 1, "anna")
    assert (folder / "manifest.csv").read_text() == text


def test_who_cannot_get_the_lock_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "PATIENCE", 0.1)
    with hold_cohort(tmp_path):
        with pytest.raises(CohortError, match="being written by another process"):
            with hold_cohort(tmp_path):
                pass
    with hold_cohort(tmp_path):
        pass


@pytest.mark.slow
def test_two_processes_at_once_lose_no_label(tmp_path: Path) -> None:
    segments = [Segment(f"c{n}.mp4", f"p{n}", "1", "R1", None) for n in range(60)]
    write_cohort(tmp_path, Card("many", "blue-6", "unknown"), segments)
    run_together(
        [
            ["record", str(tmp_path), "anna", *[one.clip for one in segments[:40]]],
            ["record", str(tmp_path), "ben", *[one.clip for one in segments[20:]]],
        ]
    )
    found = read_cohort(tmp_path, check_files=False).segments
    assert [one.clip for one in found] == [one.clip for one in segments]
    assert all(one.score is not None for one in found)
    assert {one.rater for one in found[:20]} == {"anna"}
    assert {one.rater for one in found[40:]} == {"ben"}
    # both scored those between: one is the label, and each of them is kept
    told = read_ratings(tmp_path / "ratings.csv")
    said = {(one.clip, one.rater): one.score for one in told}
    for number in range(20, 40):
        assert said[f"c{number}.mp4", "anna"] == number % 4
        assert said[f"c{number}.mp4", "ben"] == (number - 20) % 4


@pytest.mark.slow
def test_a_process_killed_at_any_moment_leaves_a_whole_manifest(tmp_path: Path) -> None:
    segments = [Segment(f"c{n}.mp4", f"p{n}", "1", "R1", None) for n in range(1000)]
    write_cohort(tmp_path, Card("many", "blue-6", "unknown"), segments)
    for wait in (0.0, 0.01, 0.1):
        # those before are labelled already, which would change nothing
        clips = [
            one for one in read_cohort(tmp_path, check_files=False).segments if one.score is None
        ]
        before = (tmp_path / "manifest.csv").read_bytes()
        process = subprocess.Popen(
            [sys.executable, WRITER, "record", tmp_path, "anna", *[one.clip for one in clips]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        process.stdin.write(b"go\n")
        process.stdin.flush()
        until = time.monotonic() + 60
        while (tmp_path / "manifest.csv").read_bytes() == before and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(wait)
        process.kill()
        process.communicate()
        found = read_cohort(tmp_path, check_files=False).segments
        assert [one.clip for one in found] == [one.clip for one in segments]
        assert 0 < sum(one.score is not None for one in found) < 1000
        for one in tmp_path.glob(".*.tmp"):
            one.unlink()


def frames_of(start: int = 0, end: int | None = None) -> Segment:
    return Segment("a.mp4", "p", "1", "", None, start, end)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"),
            st.integers(0, 3),
            st.integers(0, 9),
            st.integers(1, 5) | st.none(),
        ),
        max_size=8,
    )
)
def test_no_rater_ever_has_two_scores_of_a_frame_and_the_last_one_stands(
    tmp_path_factory: pytest.TempPathFactory,
    said: list[tuple[str, int, int, int | None]],
) -> None:
    path = tmp_path_factory.mktemp("rated") / "ratings.csv"
    ratings = CsvTable(path, RATING_COLUMNS)
    expected: dict[tuple[str, int], int] = {}
    for rater, score, start, length in said:
        rate(
            ratings.rows, frames_of(start, None if length is None else start + length), rater, score
        )
        for frame in range(start, 30 if length is None else start + length):
            expected[rater, frame] = score
    ratings.write()
    found = {
        (one.rater, frame): one.score
        for one in read_ratings(path)  # refuses frames that a rater scored twice
        for frame in range(one.frame_start, 30 if one.frame_end is None else one.frame_end)
    }
    assert found == expected
