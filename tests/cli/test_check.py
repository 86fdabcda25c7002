import json
import re
from pathlib import Path

import pytest

from cohort_maker import Lusscore, MakeCohort


def test_a_valid_cohort_is_summed_up(lusscore: Lusscore, make_cohort: MakeCohort) -> None:
    make_cohort(4)
    result = lusscore("check", "tiny", "--json")
    told = json.loads(result.stdout)["summary"]
    assert (told["patients"], told["exams"], told["clips"], told["segments"]) == (4, 4, 8, 8)
    assert told["segments_per_score"] == {"0": 2, "1": 2, "2": 2, "3": 2}
    assert told["patients_per_group"] == {"covid": 2, "healthy": 2}
    assert told["frames"] == 40
    assert result.exit_code == 0
    result = lusscore("check", "tiny")
    assert "tiny: card and manifest are valid; 0 errors, " in result.output


def test_findings_are_told_by_level(lusscore: Lusscore, make_cohort: MakeCohort) -> None:
    make_cohort(4)
    findings = json.loads(lusscore("check", "tiny", "--json").stdout)["findings"]
    assert {"level", "code", "what", "where", "advice", "clips"} == findings[0].keys()
    output = lusscore("check", "tiny").output
    for finding in findings:
        assert finding["code"] in output
    assert output.index("notes") < output.index("warnings")


def test_everything_wrong_is_told_at_once_with_exit_code_2(
    lusscore: Lusscore, make_cohort: MakeCohort
) -> None:
    make_cohort(2)
    manifest = Path("data/tiny/manifest.csv")
    manifest.write_text(manifest.read_text().replace(",R1,0", ",R7,9").replace("L1.mp4", "L2.mp4"))
    result = lusscore("check", "tiny")
    assert result.exit_code == 2
    for told in (
        "line 2, column zone",
        "'R7'",
        "line 2, column score",
        "'9'",
        "line 3, column clip",
    ):
        assert told in result.output
    result = lusscore("check", "tiny", "--json", "--html", "check.html")
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    assert {finding["code"] for finding in told["findings"]} == {"invalid-manifest"}
    assert "line 2, column zone" in Path("check.html").read_text(encoding="utf-8")


def test_a_leak_across_patients_ends_with_code_2(
    lusscore: Lusscore, make_cohort: MakeCohort
) -> None:
    clips = make_cohort(4).folder / "clips"
    (clips / "p1_R1.mp4").write_bytes((clips / "p0_R1.mp4").read_bytes())
    result = lusscore("check", "tiny")
    assert result.exit_code == 2
    assert "leak-across-patients" in result.output
    assert "clips/p0_R1.mp4 = clips/p1_R1.mp4" in result.output


def test_warnings_fail_only_when_asked_to(lusscore: Lusscore, make_cohort: MakeCohort) -> None:
    make_cohort(4)
    assert lusscore("check", "tiny").exit_code == 0
    assert lusscore("check", "tiny", "--strict").exit_code == 1


def test_page_and_preview_are_written(lusscore: Lusscore, make_cohort: MakeCohort) -> None:
    make_cohort(4)
    result = lusscore("check", "tiny", "--html", "tiny.html", "--preview", "preview.png")
    page = Path("tiny.html")
    assert "default-src 'none'" in page.read_text(encoding="utf-8")
    assert Path("preview.png").read_bytes().startswith(b"\x89PNG")
    assert "Written: preview.png" in result.output
    assert Path("features/tiny/media.json").is_file()


def test_a_quick_check_leaves_nothing_behind(lusscore: Lusscore, make_cohort: MakeCohort) -> None:
    make_cohort(4)
    told = json.loads(lusscore("check", "tiny", "--quick", "--json").stdout)
    assert "frames" not in told["summary"]
    assert not Path("features").exists()
    result = lusscore("check", "tiny", "--quick", "--preview", "preview.png")
    assert result.exit_code == 2
    assert "--preview shows frames" in result.output


def test_raters_are_compared(lusscore: Lusscore, make_cohort: MakeCohort) -> None:
    cohort = make_cohort(4)
    rows = [f"{clip},{rater},{n % 4}" for n, clip in enumerate(cohort.clips()) for rater in "xy"]
    (cohort.folder / "ratings.csv").write_text("clip,rater,score\n" + "\n".join(rows) + "\n")
    told = json.loads(lusscore("check", "tiny", "--quick", "--json").stdout)["agreement"]
    assert told["pairs"][0]["quadratic_kappa"] == pytest.approx(1)
    assert (told["fleiss_segments"], told["fleiss_frames"]) == (8, None)
    assert told["fleiss_kappa"] == pytest.approx(1)
    output = lusscore("check", "tiny", "--quick").output
    assert "Fleiss' kappa of all 2 raters over the 8 segments that each scored: 1.00." in output
    assert "Clips were not decoded, so each segment counts once" in output


def test_raters_are_compared_by_frames_where_clips_were_decoded(
    lusscore: Lusscore, make_cohort: MakeCohort
) -> None:
    cohort = make_cohort(4)  # clips of 5 frames
    clip, *others = cohort.clips()
    rows = [f"{clip},x,1,0,2", f"{clip},x,2,2,", f"{clip},y,1,0,1", f"{clip},y,2,1,99"]
    rows += [f"{name},{rater},{n % 4},," for n, name in enumerate(others) for rater in "xy"]
    header = "clip,rater,score,frame_start,frame_end\n"
    (cohort.folder / "ratings.csv").write_text(header + "\n".join(rows) + "\n")
    told = json.loads(lusscore("check", "tiny", "--json").stdout)["agreement"]
    (pair,) = told["pairs"]
    assert (pair["frames"], pair["same"]) == (40, pytest.approx(39 / 40))
    output = lusscore("check", "tiny").output
    assert "raters over the 40 frames that each scored" in output
    assert "not decoded" not in output


def test_a_folder_under_another_name_is_refused(
    lusscore: Lusscore, make_cohort: MakeCohort, tmp_path: Path
) -> None:
    make_cohort(1, folder=tmp_path / "data" / "other")
    result = lusscore("check", "other")
    assert result.exit_code == 2
    assert "names the cohort 'tiny' but its folder is 'other'" in result.output


@pytest.mark.parametrize("option", ["--html", "--preview"])
def test_a_file_that_cannot_be_written_costs_no_finding(
    lusscore: Lusscore, make_cohort: MakeCohort, option: str
) -> None:
    make_cohort(4)
    asked = (option, "data/tiny/cohort.toml/check.png")
    result = lusscore("check", "tiny", *asked)
    assert result.exit_code == 2
    assert "tiny: card and manifest are valid; 0 errors, " in result.stdout
    assert "Written" not in result.output
    (said,) = result.stderr.strip().splitlines()
    assert "cannot be written" in said
    told = json.loads(lusscore("check", "tiny", "--json", *asked).stdout)
    assert told["findings"]


def test_findings_can_be_read_on_80_columns(
    lusscore: Lusscore, make_cohort: MakeCohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_cohort(4)
    monkeypatch.setenv("FORCE_COLOR", "1")  # a terminal, to rich
    monkeypatch.setenv("COLUMNS", "80")
    result = lusscore("check", "tiny", "--quick")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", result.stdout)
    assert max(map(len, plain.splitlines())) == 80
    assert "score-in-few-patients" in plain  # no code is broken
    assert "Always predicting 3 is right for 25\u00a0% of the" in plain
