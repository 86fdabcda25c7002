import json
from pathlib import Path

import pytest

from cohort_maker import Lusscore, MakeCohort
from lusscore.cohort import Cohort, read_cohort


@pytest.fixture
def extracted(lusscore: Lusscore, make_cohort: MakeCohort, tiny_backbone: Path) -> Cohort:
    cohort = make_cohort(8, score=lambda patient, zone: None if patient > 3 else patient)
    assert lusscore("features", "tiny", "-b", tiny_backbone).exit_code == 0
    return cohort


def test_unlabelled_clips_are_listed(
    lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path
) -> None:
    result = lusscore("suggest", "tiny", "-b", tiny_backbone, "--count", 5)
    assert result.exit_code == 0, result.output
    assert "Label next in tiny: 8 of 16 are labelled" in result.output
    told = json.loads(
        lusscore("suggest", "tiny", "-b", tiny_backbone, "--count", 5, "--json").stdout
    )
    assert (told["labelled"], told["unlabelled"]) == (8, 8)
    unlabelled = {segment.clip for segment in extracted.segments if segment.score is None}
    assert [one["rank"] for one in told["suggestions"]] == [1, 2, 3, 4, 5]
    for one in told["suggestions"]:
        assert one["clip"] in unlabelled
        assert one["clip"] in result.output
        assert one["reason"] in result.output
        assert sum(one["probabilities"]) == pytest.approx(1)


def test_clips_are_never_opened(lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path) -> None:
    first = lusscore("suggest", "tiny", "-b", tiny_backbone, "--json").stdout
    for clip in extracted.clips():
        extracted.clip_path(clip).unlink()
    assert lusscore("suggest", "tiny", "-b", tiny_backbone, "--json").stdout == first


def test_a_cohort_without_labels_gets_a_list_too(
    lusscore: Lusscore, make_cohort: MakeCohort, tiny_backbone: Path
) -> None:
    make_cohort(4, score=lambda patient, zone: None)
    lusscore("features", "tiny", "-b", tiny_backbone)
    result = lusscore("suggest", "tiny", "-b", tiny_backbone, "--count", 3)
    assert result.exit_code == 0, result.output
    assert "0 of 8 are labelled" in result.output
    assert "by appearance alone" in result.output


def test_labels_go_round_from_table_to_manifest(
    lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path
) -> None:
    where = ("suggest", "tiny", "-b", tiny_backbone)
    assert "Written: next.csv" in lusscore(*where, "--count", 3, "--csv", "next.csv").output
    lines = Path("next.csv").read_text(encoding="utf-8").splitlines()
    filled = [lines[0], *(line.replace(",,,,", ",,,2,") for line in lines[1:])]
    Path("next.csv").write_text("\n".join(filled), encoding="utf-8")
    result = lusscore("suggest", "tiny", "--record", "next.csv", "--rater", "anna")
    assert result.exit_code == 0, result.output
    assert "tiny: 3 new." in result.output
    segments = read_cohort(extracted.folder).segments
    assert sum(segment.rater == "anna" and segment.score == 2 for segment in segments) == 3
    assert (
        "tiny: 3 unchanged."
        in lusscore("suggest", "tiny", "--record", "next.csv", "--rater", "anna").output
    )
    told = json.loads(lusscore(*where, "--json").stdout)
    assert (told["labelled"], told["unlabelled"]) == (11, 5)


def test_any_head_and_its_settings_can_be_chosen(
    lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path
) -> None:
    where = ("suggest", "tiny", "-b", tiny_backbone, "--json")
    plain = json.loads(lusscore(*where).stdout)
    for arguments in (("--head", "ordinal"), ("--set", "C=10")):
        other = json.loads(lusscore(*where, *arguments).stdout)
        assert other["suggestions"][0]["probabilities"] != plain["suggestions"][0]["probabilities"]
    for arguments, told in (
        (("--head", "forest"), "Unknown head 'forest'"),
        (("--set", "depth=3"), "there is no setting 'depth'"),
        (("--set", "C=-1"), "C"),
        (("--levels", "32.top"), "does not hold the level 32.top"),
        (("--record", "x.csv"), "x.csv"),
        (("--rater", "anna"), "--record and --rater belong together"),
    ):
        result = lusscore(*where, *arguments)
        assert result.exit_code == 2
        assert told in " ".join(result.output.split())


def test_where_all_is_labelled_that_is_said(
    lusscore: Lusscore, make_cohort: MakeCohort, tiny_backbone: Path
) -> None:
    make_cohort(2)
    lusscore("features", "tiny", "-b", tiny_backbone)
    result = lusscore("suggest", "tiny", "-b", tiny_backbone)
    assert result.exit_code == 0
    assert "all 4 clips that have embeddings are labelled" in result.output


def test_clips_without_embeddings_end_with_code_1(
    lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path
) -> None:
    manifest = extracted.folder / "manifest.csv"
    with manifest.open("a", encoding="utf-8") as file:
        file.write("clips/later.mp4,p9,1,R1,,,,,,\n")
    result = lusscore("suggest", "tiny", "-b", tiny_backbone)
    assert result.exit_code == 1
    assert "1 clips have no embeddings" in result.stderr


def test_without_feature_files_the_command_that_makes_them_is_told(
    lusscore: Lusscore, make_cohort: MakeCohort
) -> None:
    make_cohort(2)
    result = lusscore("suggest", "tiny")
    assert result.exit_code == 2
    assert "lusscore features tiny" in result.output
