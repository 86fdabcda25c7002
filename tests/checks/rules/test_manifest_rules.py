"""Rules that look at rows alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lusscore.checks import Finding, quick_findings
from lusscore.cohort import Card, Rating, Segment, write_cohort

Rows = Callable[..., Segment]
Found = Callable[..., dict[str, Finding]]
ZONES = ("R1", "R2", "R3", "L1", "L2", "L3")


@pytest.fixture
def sound(rows: Rows) -> list[Segment]:
    """Six patients with all zones, all scores, two groups: nothing to warn of."""
    return [
        rows(patient, zone, (number + place) % 4, group="covid" if number % 2 else "healthy")
        for number, patient in enumerate("abcdef")
        for place, zone in enumerate(ZONES)
    ]


def test_a_sound_cohort_has_its_baseline_told_and_nothing_else(
    sound: list[Segment], found_in_rows: Found
) -> None:
    found = found_in_rows(sound)
    assert found.keys() == {"majority-baseline"}
    assert found["majority-baseline"].level == "note"


def test_the_baseline_is_the_share_of_the_commonest_score(rows: Rows, found_in_rows: Found) -> None:
    segments = [rows("a", "R1", 1), rows("b", "R1", 1), rows("c", "R1", 1), rows("d", "R1", 0)]
    told = found_in_rows(segments)["majority-baseline"].what
    assert told == (
        "Always answering 1 is right for 75\u00a0% of the labelled rows; its balanced accuracy is "
        "50\u00a0% and its quadratic kappa 0."
    )


def test_scores_out_of_balance_absent_and_rare(rows: Rows, found_in_rows: Found) -> None:
    segments = [rows(f"p{number}", "R1", 0) for number in range(8)] + [rows("p0", "R2", 2)]
    found = found_in_rows(segments)
    assert "Scores 1 and 3 never occur," in found["score-never-occurs"].what
    assert "89\u00a0%" in found["unbalanced-scores"].what
    assert found["score-in-few-patients"].where == ("p0",)
    assert all(
        found[code].level == "warning" for code in ("score-never-occurs", "unbalanced-scores")
    )


def test_missing_labels_and_patients_without_any(
    sound: list[Segment], rows: Rows, found_in_rows: Found
) -> None:
    found = found_in_rows([*sound, *(rows("z", zone, None) for zone in ZONES)])
    assert "6 of 42 rows (14\u00a0%)" in found["missing-labels"].what
    assert len(found["missing-labels"].places) == 6
    assert found["unlabelled-patients"].where == ("z",)


def test_no_labels_at_all_is_said_once(rows: Rows, found_in_rows: Found) -> None:
    found = found_in_rows([rows(patient, "R1", None) for patient in "abc"])
    assert "no-labels" in found
    assert not {"missing-labels", "unlabelled-patients", "majority-baseline"} & found.keys()


def test_card(sound: list[Segment], found_in_rows: Found) -> None:
    found = found_in_rows(sound, rubric="unknown", label_level="zone")
    assert found["rubric-unknown"].level == "warning"
    assert "per zone" in found["weak-labels"].what


def test_groups_missing_partial_small(rows: Rows, found_in_rows: Found) -> None:
    bare = [rows(patient, "R1", number) for number, patient in enumerate("abcd")]
    assert "no-groups" in found_in_rows(bare)
    partial = [*bare, *(rows(f"p{n}", "R1", n, group="covid") for n in range(4))]
    assert found_in_rows(partial)["patients-without-group"].where == tuple("abcd")
    small = [
        *(rows(f"p{n}", "R1", n % 4, group="covid") for n in range(8)),
        rows("z", group="well"),
    ]
    assert found_in_rows(small)["small-groups"].where == ("z",)


def test_groups_that_are_the_score(sound: list[Segment], rows: Rows, found_in_rows: Found) -> None:
    assert "groups-tell-scores" not in found_in_rows(sound)
    told = [
        rows(f"p{n}", zone, 3 if n % 2 else 0, group="covid" if n % 2 else "healthy")
        for n in range(6)
        for zone in ZONES
    ]
    assert found_in_rows(told)["groups-tell-scores"].level == "warning"


def test_a_device_for_each_group_is_told_and_a_mix_is_only_noted(
    sound: list[Segment], found_in_rows: Found
) -> None:
    from dataclasses import replace

    mixed = [replace(segment, device="X" if segment.patient in "abc" else "Y") for segment in sound]
    found = found_in_rows(mixed)
    assert found["device-mix"].what == "Clips come from 2 devices: X (18 clips) and Y (18 clips)."
    assert not {"devices-tell-groups", "devices-tell-scores"} & found.keys()
    by_group = [replace(segment, device=f"for {segment.group}") for segment in sound]
    assert found_in_rows(by_group)["devices-tell-groups"].level == "warning"
    by_score = [replace(segment, device=f"for {segment.score}") for segment in sound]
    assert found_in_rows(by_score)["devices-tell-scores"].level == "warning"


def test_too_few_patients(rows: Rows, found_in_rows: Found) -> None:
    found = found_in_rows([rows("a"), rows("b"), rows("c", "R1", None)])
    assert "2 patients with labels cannot fill 3 folds" in found["too-few-patients"].what
    assert "--folds 2" in found["too-few-patients"].advice


def test_patients_with_few_clips_and_with_one_score(
    sound: list[Segment], rows: Rows, found_in_rows: Found
) -> None:
    found = found_in_rows([*sound, rows("z", "R1", 1, group="covid")])
    assert found["patients-with-few-clips"].where == ("z",)
    assert found["patients-with-one-score"].where == ("z",)


def test_zones_unknown_missing_and_double(
    sound: list[Segment], rows: Rows, found_in_rows: Found
) -> None:
    found = found_in_rows(
        [
            *sound[1:],
            rows("b", "R1", 2, clip="again.mp4", group="covid"),
            rows("c", "", 1, group="healthy"),
        ]
    )
    assert found["zones-missing"].where == ("patient a, exam 1",)
    assert found["several-clips-per-zone"].where == ("patient b, exam 1, zone R1",)
    assert found["zone-unknown"].places == ("c__1.mp4",)
    assert {finding.level for finding in found.values()} == {"note"}


def test_the_same_bytes_across_patients_are_a_leak(rows: Rows, found_in_rows: Found) -> None:
    segments = [rows(patient, "R1", 0, clip=f"{patient}.mp4") for patient in "abc"]
    found = found_in_rows(segments, {"a.mp4": "1", "b.mp4": "2", "c.mp4": "1"})
    assert found["leak-across-patients"].level == "error"
    assert found["leak-across-patients"].places == ("a.mp4 = c.mp4",)


@pytest.mark.parametrize(
    ("zone", "score", "code", "level"),
    [
        ("R1", 0, "same-clip-twice", "warning"),
        ("R1", 1, "same-clip-other-labels", "error"),
        ("L1", 0, "same-clip-other-labels", "error"),
    ],
)
def test_the_same_bytes_of_one_patient(
    rows: Rows, found_in_rows: Found, zone: str, score: int, code: str, level: str
) -> None:
    segments = [rows("a", "R1", 0, clip="1.mp4"), rows("a", zone, score, clip="2.mp4")]
    found = found_in_rows(segments, {"1.mp4": "x", "2.mp4": "x"})
    same = {"same-clip-twice", "same-clip-other-labels", "leak-across-patients"}
    assert same & found.keys() == {code}
    assert found[code].level == level


def test_unknown_digests_are_no_duplicates(rows: Rows, found_in_rows: Found) -> None:
    found = found_in_rows([rows("a"), rows("b")], {"a_R1_0.mp4": "", "b_R1_0.mp4": ""})
    assert "leak-across-patients" not in found


def test_raters_who_agree_and_who_do_not(sound: list[Segment], found_in_rows: Found) -> None:
    clips = [segment.clip for segment in sound[:8]]
    one = [Rating(clip, "one", number % 4) for number, clip in enumerate(clips)]
    near = [
        Rating(clip, "near", min(3, number % 4 + (number == 0)))
        for number, clip in enumerate(clips)
    ]
    found = found_in_rows(sound, ratings=[*one, *near])
    assert found["raters-agree"].where == ("near", "one")
    assert "over 8 stretches that both scored" in found["raters-agree"].what
    far = [Rating(clip, "far", 3 - number % 4) for number, clip in enumerate(clips)]
    found = found_in_rows(sound, ratings=[*one, *far, Rating("gone.mp4", "far", 1)])
    assert found["raters-disagree"].level == "warning"
    assert found["ratings-of-no-clip"].places == ("gone.mp4",)


def test_bad_ratings_are_errors(sound: list[Segment], found_in_rows: Found) -> None:
    bad = found_in_rows(sound, ratings=[Rating(sound[0].clip, "one", 7)])["invalid-ratings"]
    assert (bad.level, bad.where) == ("error", ("line 2, column score",))


def test_ratings_that_cannot_be_read_are_told_without_their_folder(
    sound: list[Segment], tmp_path: Path
) -> None:
    folder = tmp_path / "Ada" / "rows"
    cohort = write_cohort(folder, Card("rows", "blue-6", "soldati-2020"), sound)
    ratings = folder / "ratings.csv"

    def found() -> Finding:
        (bad,) = [one for one in quick_findings(cohort) if one.code == "invalid-ratings"]
        assert "Ada" not in str(bad)
        return bad

    for content in (b"", b"clip,rater\na,b\n", b"\xff"):
        ratings.write_bytes(content)
        bad = found()
        assert bad.what[0].isupper()
        assert bad.what.endswith(".")
        assert not bad.what.endswith("..")
        assert bad.where == ("ratings.csv",)
    ratings.unlink()
    ratings.mkdir()
    assert "No table can be read here" in found().what


def test_an_absolute_path_may_lie_anywhere(rows: Rows, found_in_rows: Found) -> None:
    found = found_in_rows([rows("a", clip="/elsewhere/a.mp4"), rows("b", clip="C:\\x\\b.mp4")])
    assert "path-leaves-cohort" not in found


def test_a_link_out_of_the_folder_is_told(
    rows: Rows, found_in_rows: Found, tmp_path: object
) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path)) / "rows"
    folder.mkdir()
    try:
        (folder / "linked").symlink_to(Path(str(tmp_path)), target_is_directory=True)
        (folder / "loop").symlink_to(folder / "loop")
    except OSError:
        pytest.skip("this account may not make links")
    clips = ("linked/a.mp4", "b.mp4", "loop/c.mp4")
    found = found_in_rows([rows(clip[-5], clip=clip) for clip in clips])
    assert found["path-leaves-cohort"].places == ("linked/a.mp4",)
