import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from clip_maker import moving_bar, write_video
from dicom_maker import write_ultrasound
from labelling.label_process import run_together
from lusscore.cohort import Cohort, ExtractionSettings, Rating, read_cohort, read_ratings
from lusscore.errors import ClipError, CohortError
from lusscore.labelling import NewCohort, add_clip

NEW = NewCohort("blue-6", "soldati-2020", ExtractionSettings(variants=1))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A video that is called by a person's name."""
    return write_video(tmp_path / "Quistgaard_Ada.MP4", moving_bar())


def test_a_cohort_begins_with_its_first_clip(tmp_path: Path, clip: Path) -> None:
    folder = tmp_path / "data" / "ward-7"
    told = add_clip(folder, clip, "P-1", "2", "R1", 3, "anna", "Lumify", new=NEW)
    digest = hashlib.sha256(clip.read_bytes()).hexdigest()
    assert told.clip == f"clips/{digest[:16]}.mp4"
    assert told.outcome == "label"
    cohort = read_cohort(folder)
    card = cohort.card
    assert (card.name, card.protocol, card.rubric) == ("ward-7", "blue-6", "soldati-2020")
    assert (card.label_level, card.extraction.variants) == ("clip", 1)
    (segment,) = cohort.segments
    assert (segment.patient, segment.exam, segment.zone, segment.score) == ("P-1", "2", "R1", 3)
    assert (segment.rater, segment.device) == ("anna", "Lumify")
    assert cohort.clip_path(segment.clip).read_bytes() == clip.read_bytes()
    # no file tells what the clip was called
    for path in folder.rglob("*"):
        assert "quistgaard" not in path.name.lower()
        assert not path.is_file() or b"quistgaard" not in path.read_bytes().lower()


def test_a_clip_goes_behind_the_others_of_its_cohort(
    make_cohort: Callable[..., Cohort], clip: Path
) -> None:
    folder = make_cohort(2).folder
    before = (folder / "manifest.csv").read_bytes()
    add_clip(folder, clip, "p1", "2", "L3", 1, "anna")
    after = (folder / "manifest.csv").read_bytes()
    assert after.startswith(before)
    cohort = read_cohort(folder)
    assert cohort.segments[-1].group == "covid"  # as the patient's other clips
    assert cohort.card.rubric == "soldati-2020"


def test_a_recording_is_taken_in_once(make_cohort: Callable[..., Cohort], clip: Path) -> None:
    folder = make_cohort(2).folder
    first = add_clip(folder, clip, "p9", "1", "L3", 1, "anna")
    second = add_clip(folder, clip, "p9", "upload 2", "L3", 2, "ben")
    assert second.clip == first.clip
    assert second.outcome == "opinion"
    assert len(read_cohort(folder).segments) == 5
    assert Rating(first.clip, "ben", 2) in read_ratings(folder / "ratings.csv")
    # also one that came in by another way, under another name
    known = folder / "clips" / "p0_R1.mp4"
    told = add_clip(folder, known, "p0", "1", "", 3, "ben")
    assert (told.clip, told.outcome) == ("clips/p0_R1.mp4", "opinion")
    assert len(list((folder / "clips").iterdir())) == 5
    with pytest.raises(CohortError, match="this very recording of another patient"):
        add_clip(folder, known, "p1", "1", "R1", 3, "ben")


def test_a_dicom_file_without_a_suffix_gets_one(tmp_path: Path) -> None:
    source = write_ultrasound(tmp_path / "IM.0001", moving_bar(3))
    told = add_clip(tmp_path / "data" / "w", source, "p", "1", "", 0, "anna", new=NEW)
    assert told.clip.endswith(".dcm")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"score": 7}, "A score of 7"),
        ({"rater": ""}, "The rater is empty"),
        ({"patient": " "}, "The patient is empty"),
        ({"exam": ""}, "The exam is empty"),
        ({"zone": "R9"}, "'R9' is not a zone"),
        ({"device": "a\nb"}, "The device cannot be saved"),
        ({"new": None}, "there is no cohort card"),
        ({"new": NewCohort("lus-99")}, "lus-99"),
        ({"new": NewCohort("blue-6", "mine")}, "mine"),
    ],
)
def test_what_is_not_allowed_makes_nothing(
    tmp_path: Path, clip: Path, change: dict[str, object], told: str
) -> None:
    given = {
        "patient": "P-1", "exam": "1", "zone": "R1", "score": 1, "rater": "anna", "new": NEW,
    } | change  # fmt: skip
    with pytest.raises(CohortError, match=told):
        add_clip(tmp_path / "data" / "w", clip, **given)  # type: ignore[arg-type]
    assert not (tmp_path / "data").exists()


def test_what_is_no_clip_is_refused(tmp_path: Path) -> None:
    fake = tmp_path / "fake.mp4"
    fake.write_bytes(b"no video")
    for source in (fake, tmp_path / "none.mp4", tmp_path):
        with pytest.raises(ClipError):
            add_clip(tmp_path / "w", source, "p", "1", "", 0, "anna", new=NEW)
    assert not (tmp_path / "w").exists()


def test_a_cohort_that_was_begun_and_not_finished_goes_on(tmp_path: Path, clip: Path) -> None:
    folder = tmp_path / "ward-7"
    add_clip(folder, clip, "p", "1", "", 0, "anna", new=NEW)
    (folder / "manifest.csv").unlink()  # as after a kill between card and manifest
    add_clip(folder, clip, "p", "1", "", 0, "anna", new=NEW)
    assert len(read_cohort(folder).segments) == 1


def test_a_folder_with_a_manifest_and_no_card_is_not_made_a_cohort(
    make_cohort: Callable[..., Cohort], clip: Path
) -> None:
    folder = make_cohort(1).folder
    (folder / "cohort.toml").unlink()
    with pytest.raises(CohortError, match="there is no cohort card"):
        add_clip(folder, clip, "p", "1", "", 0, "anna", new=NEW)


def test_two_processes_at_once_make_one_cohort_with_all_clips(tmp_path: Path) -> None:
    clips = [str(write_video(tmp_path / f"{n}.mp4", moving_bar(3, seed=n))) for n in range(8)]
    folder = tmp_path / "both"
    run_together([["add", str(folder), rater, *part] for rater, part in (
        ("anna", clips[:4]), ("ben", clips[4:]),
    )])  # fmt: skip
    segments = read_cohort(folder).segments
    assert len(segments) == 8
    assert {segment.patient for segment in segments} == {
        f"{rater}-{n}" for rater in ("anna", "ben") for n in range(4)
    }
    assert not [path for path in folder.rglob(".*") if path.name != ".labels.lock"]
