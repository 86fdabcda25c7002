import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lusscore.checks import LEVELS, Finding, Verdict, check_cohort, quick_findings, register_check
from lusscore.checks.findings import CHECKS, in_order
from lusscore.cohort import Cohort
from lusscore.errors import CohortError
from lusscore.features import MediaIndex

Check = Callable[..., Verdict]
PAGE = Path(__file__).parents[2] / "docs" / "checking.md"


def test_a_code_is_registered_once() -> None:
    with pytest.raises(CohortError, match="'missing-labels' is registered twice"):
        register_check("missing-labels", needs="manifest")(lambda inspection: [])


def test_the_docs_explain_every_code_and_no_other() -> None:
    explained = re.findall(r"^\| `([a-z-]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(explained) == sorted([*CHECKS, "invalid-card", "invalid-manifest"])


def test_errors_come_first() -> None:
    findings = [Finding(level, level, "") for level in ("note", "error", "warning")]
    assert [finding.level for finding in in_order(findings)] == list(LEVELS)


def test_clips_that_are_not_there_do_not_hide_what_else_is_wrong(
    make_cohort: Callable[..., Cohort], tmp_path: Path, check_at: Check
) -> None:
    cohort = make_cohort(4)
    (cohort.folder / "clips" / "p0_R1.mp4").unlink()
    (cohort.folder / "clips" / "p1_R1.mp4").write_bytes(b"no video")
    verdict = check_at(cohort.folder, tmp_path / "features")
    errors = [finding.code for finding in verdict.findings if finding.level == "error"]
    assert errors == ["invalid-manifest", "unreadable-clip"]
    assert verdict.findings[0].places == ("line 2, column clip", "clips/p0_R1.mp4")
    assert verdict.summary["clips"] == 8


def test_a_manifest_that_cannot_be_used_is_all_that_is_told(
    make_cohort: Callable[..., Cohort], tmp_path: Path, check_at: Check
) -> None:
    cohort = make_cohort(4)
    manifest = cohort.folder / "manifest.csv"
    manifest.write_text(manifest.read_text().replace(",R1,0", ",R7,9"))
    verdict = check_at(cohort.folder, tmp_path / "features")
    assert {finding.code for finding in verdict.findings} == {"invalid-manifest"}
    assert len(verdict.findings) == 2
    assert (verdict.summary, verdict.inspection) == ({}, None)


def test_a_card_that_cannot_be_used_is_told_as_that(
    make_cohort: Callable[..., Cohort], tmp_path: Path, check_at: Check
) -> None:
    cohort = make_cohort(2)
    card = cohort.folder / "cohort.toml"
    card.write_text(card.read_text().replace("blue-6", "blue-7"))
    (finding,) = check_at(cohort.folder, tmp_path / "features").findings
    assert (finding.code, finding.where) == ("invalid-card", ("line 3, protocol",))


def test_no_cohort_is_no_finding(tmp_path: Path, check_at: Check) -> None:
    with pytest.raises(CohortError, match="there is no cohort"):
        check_at(tmp_path / "nowhere", None)


def test_what_was_read_is_remembered_for_stage_one(
    make_cohort: Callable[..., Cohort],
    tmp_path: Path,
    check_at: Check,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cohort = make_cohort(3)
    check_at(cohort.folder, tmp_path / "features")

    def unread(path: Path) -> object:
        raise AssertionError(f"{path} was read again")

    monkeypatch.setattr("lusscore.features.media.digest_clip", unread)
    monkeypatch.setattr("lusscore.features.media.survey_clip", unread)
    media = MediaIndex(cohort, tmp_path / "features").survey_all()
    assert [clip.survey.frames for clip in media if clip.survey] == [5] * 6


def test_a_quick_check_decodes_nothing(
    make_cohort: Callable[..., Cohort], check_at: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort = make_cohort(4)

    def undecoded(*_: object) -> None:
        raise AssertionError("a clip was decoded")

    monkeypatch.setattr("lusscore.clips.video.VideoReader.frames", undecoded)
    verdict = check_at(cohort.folder, None)
    assert "low-resolution" in {finding.code for finding in verdict.findings}
    assert "frames" not in verdict.summary
    assert verdict.inspection is not None
    assert verdict.agreement is verdict.inspection.agreement  # measured once


def test_quick_findings_open_no_file(make_cohort: Callable[..., Cohort]) -> None:
    cohort = make_cohort(4)
    shutil.rmtree(cohort.folder / "clips")
    clips = cohort.clips()
    digests = dict(zip(clips, map(str, range(len(clips))), strict=True)) | {clips[3]: "0"}
    found = {finding.code: finding for finding in quick_findings(cohort, digests)}
    assert found["leak-across-patients"].places == (f"{clips[0]} = {clips[3]}",)
    assert "majority-baseline" in found


@pytest.mark.slow
@pytest.mark.shared
def test_real_clips_are_told_apart_and_their_zones_names_are_found(
    shared: Path, tmp_path: Path
) -> None:
    from lusscore.cohort.importers import ImportOptions, get_importer

    imported = get_importer("covid-blues")(shared / "covid-blues", ImportOptions())
    chosen = [segment for segment in imported.segments if segment.patient in {"2", "5", "15"}]
    cohort = Cohort(tmp_path, imported.card, tuple(chosen))
    verdict = check_cohort("some", lambda _: cohort, tmp_path / "features")
    found = {finding.code: finding.places for finding in verdict.findings}
    assert verdict.count("error") == 0
    assert not [code for code in found if "near" in code or "leak" in code]
    assert any("patient_5_" in clip for clip in found["text-outside-sector"])
    assert {Path(clip).stem for clip in found["blank-frames"]} == {
        f"patient_2_{zone}" for zone in ("L1", "L2", "L3", "R1", "R2", "R3")
    }
