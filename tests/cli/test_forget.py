"""A patient is taken out of everything that is kept, and what may hold more is listed."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from clip_maker import moving_bar, write_video
from cohort_maker import Lusscore, MakeCohort
from lusscore.cohort import RATINGS_NAME, Cohort, ExtractionSettings, FramesPolicy, read_cohort
from lusscore.features import read_features

EXTRACTION = ExtractionSettings(FramesPolicy("all"), variants=1)


@pytest.fixture
def wards(
    make_cohort: MakeCohort, lusscore: Lusscore, tiny_backbone: Path
) -> tuple[Cohort, Cohort]:
    """Two cohorts that share all recordings, with embeddings, and ratings of the first."""
    one = make_cohort(3, name="one", extraction=EXTRACTION)
    (one.folder / RATINGS_NAME).write_text(
        "clip,rater,score\nclips/p1_R1.mp4,anna,2\nclips/p2_R1.mp4,anna,1\n"
    )
    other = make_cohort(3, name="other", extraction=EXTRACTION)
    # encoders do not always write the same bytes twice
    shutil.copytree(one.folder / "clips", other.folder / "clips", dirs_exist_ok=True)
    path = other.folder / "manifest.csv"
    path.write_text(re.sub(r",p(\d)", r",case-\1", path.read_text()))
    for name in ("one", "other"):
        assert lusscore("features", name, "-b", tiny_backbone).exit_code == 0
    return one, read_cohort(other.folder)


def digests(folder: Path) -> set[str]:
    return {path.name for path in folder.glob(".cache/tiny-*/*/*")}


def test_embeddings_rows_ratings_and_exams_of_a_patient_are_deleted(
    wards: tuple[Cohort, Cohort], lusscore: Lusscore, tmp_path: Path
) -> None:
    one, _ = wards
    features = tmp_path / "features"
    before = {name: read_features(features / name / "tiny.h5") for name in ("one", "other")}
    gone = dict(zip(before["one"].paths, before["one"].digests, strict=True))
    theirs = {gone["clips/p1_R1.mp4"], gone["clips/p1_L1.mp4"]}
    kept, lost = (tmp_path / "results" / "exams" / name for name in ("kept", "lost"))
    for folder, digest in ((kept, "0" * 64), (lost, gone["clips/p1_L1.mp4"])):
        folder.mkdir(parents=True)
        (folder / "exam.json").write_text(json.dumps({"clips": [{"sha256": digest}]}))
    run = tmp_path / "results" / "one" / "first"
    run.mkdir(parents=True)
    (run / "config.toml").touch()
    rest = {name: file.stored.copy() for name, file in before.items()}

    dry = lusscore("forget", "p1", "--dry-run", "--json")
    assert dry.exit_code == 0
    assert read_cohort(one.folder) == one
    assert lost.exists()
    done = lusscore("forget", "p1", "--yes", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {Path(row["path"]) for row in told["left"]} >= {
        Path("results/one/first"), Path("data/other/manifest.csv")
    }  # fmt: skip
    assert any("case-1" in row["why"] for row in told["left"])

    assert {segment.patient for segment in read_cohort(one.folder).segments} == {"p0", "p2"}
    assert "p1" not in (one.folder / RATINGS_NAME).read_text()
    assert "p2_R1" in (one.folder / RATINGS_NAME).read_text()
    assert (kept.exists(), lost.exists()) == (True, False)
    assert digests(features).isdisjoint(digest[:32] for digest in theirs)
    assert len(digests(features)) == 4
    for name, was in before.items():
        now = read_features(features / name / "tiny.h5", again=True)
        assert theirs.isdisjoint(now.digests)
        assert len(now.paths) == 4
        for row, path in enumerate(now.paths):
            there = was.paths.index(path)
            assert (now.stored[now.rows(row)] == rest[name][was.rows(there)]).all()
    everything = [path for path in features.rglob("*") if path.is_file()]
    for digest in theirs:
        assert not [path for path in everything if digest.encode() in path.read_bytes()]

    # nothing of the others has to be computed again
    result = lusscore("features", "one", "-b", "tiny", "--json")
    assert json.loads(result.stdout)[0]["images"] == 0


def test_it_goes_on_where_it_was_interrupted(
    wards: tuple[Cohort, Cohort],
    lusscore: Lusscore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(path: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", stop)
        assert lusscore("forget", "p1", "--yes").exit_code == 130
    assert lusscore("forget", "p1", "--yes").exit_code == 0
    assert len(digests(tmp_path / "features")) == 4
    assert {segment.patient for segment in read_cohort(wards[0].folder).segments} == {"p0", "p2"}


def test_the_last_patient_can_be_forgotten(
    make_cohort: MakeCohort, lusscore: Lusscore, tiny_backbone: Path, tmp_path: Path
) -> None:
    make_cohort(1, extraction=EXTRACTION)
    assert lusscore("features", "tiny", "-b", tiny_backbone).exit_code == 0
    assert lusscore("forget", "p0", "--yes").exit_code == 0
    assert not list((tmp_path / "features").rglob("*.h5"))


def test_whom_it_means_must_be_clear(wards: tuple[Cohort, Cohort], lusscore: Lusscore) -> None:
    assert lusscore("forget", "nobody", "--yes").exit_code == 2
    assert lusscore("forget", "nobody", "--yes", "--cohort", "one").exit_code == 2
    path = wards[1].folder / "manifest.csv"
    path.write_text(path.read_text().replace(",case-", ",p"))
    result = lusscore("forget", "p1", "--yes")
    assert result.exit_code == 2
    assert "--cohort" in result.output
    assert len(read_cohort(wards[0].folder).segments) == 6
    declined = lusscore("forget", "p1", "--cohort", "one")
    assert declined.exit_code == 130  # nobody answered the question
    assert len(read_cohort(wards[0].folder).segments) == 6


def test_what_a_clip_was_before_is_forgotten_too(
    make_cohort: MakeCohort, lusscore: Lusscore, tiny_backbone: Path, tmp_path: Path
) -> None:
    cohort = make_cohort(2, extraction=EXTRACTION)
    features = tmp_path / "features"
    assert lusscore("features", "tiny", "-b", tiny_backbone).exit_code == 0
    write_video(cohort.clip_path("clips/p1_R1.mp4"), moving_bar(5, seed=99))
    assert lusscore("features", "tiny", "-b", tiny_backbone).exit_code == 0
    assert len(digests(features)) == 5
    assert lusscore("forget", "p1", "--yes").exit_code == 0
    assert len(digests(features)) == 2


def test_recordings_are_known_by_their_bytes_where_nothing_is_remembered(
    wards: tuple[Cohort, Cohort], lusscore: Lusscore, tmp_path: Path
) -> None:
    features = tmp_path / "features"
    (features / "one" / "media.json").unlink()
    (features / "one" / "tiny.h5").unlink()
    assert lusscore("forget", "p1", "--yes").exit_code == 0
    assert len(digests(features)) == 4
    elsewhere = lusscore("forget", "p2", "--yes", "--cohort", "one", "--features-dir", "nowhere")
    assert "nowhere" in elsewhere.output
