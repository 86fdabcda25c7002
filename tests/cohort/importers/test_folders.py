from pathlib import Path

import pytest
from PIL import Image

from clip_maker import moving_bar, write_video
from lusscore.cohort import read_cohort, write_cohort
from lusscore.cohort.importers import Imported, ImportOptions, get_importer
from lusscore.errors import CohortError, InvalidCohortError


def read(source: Path, protocol: str = "blue-6") -> Imported:
    return get_importer("folders")(source, ImportOptions(protocol=protocol))


def video(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, moving_bar(2))


def image(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8), 90).save(path)


def test_patient_zone_score_with_videos(tmp_path: Path) -> None:
    video(tmp_path / "ward" / "anna" / "R1" / "0" / "a.mp4")
    video(tmp_path / "ward" / "anna" / "R1" / "0" / "b.mov")
    video(tmp_path / "ward" / "bert" / "l3" / "score3" / "c.mp4")
    (tmp_path / "ward" / "bert" / "notes.txt").write_text("x")
    imported = read(tmp_path / "ward")
    told = [(s.patient, s.zone, s.score, Path(s.clip).name) for s in imported.spans]
    assert told == [
        ("anna", "R1", 0, "a.mp4"),
        ("anna", "R1", 0, "b.mov"),
        ("bert", "L3", 3, "c.mp4"),
    ]
    assert imported.ignored == ("bert/notes.txt",)
    assert imported.card.label_level == "clip"
    write_cohort(tmp_path / "data" / "ward", imported.card, imported.spans)
    assert len(read_cohort(tmp_path / "data" / "ward").clips()) == 3


def test_images_of_one_folder_are_the_frames_of_one_clip(tmp_path: Path) -> None:
    for number in range(3):
        image(tmp_path / "anna" / "R1" / "2" / f"{number}.png")
    imported = read(tmp_path)
    (span,) = imported.spans
    assert Path(span.clip) == (tmp_path / "anna" / "R1" / "2").resolve()
    assert imported.card.label_level == "frame"


def test_score_then_patient(tmp_path: Path) -> None:
    image(tmp_path / "0" / "anna_001.png")
    image(tmp_path / "LUS_3" / "bert_R2_001.jpg")
    video(tmp_path / "LUS_3" / "bert_cine.mp4")
    image(tmp_path / "0" / "nameless.png")
    imported = read(tmp_path)
    told = [(s.patient, s.zone, s.score, Path(s.clip).name) for s in imported.spans]
    assert told == [
        ("anna", "", 0, "anna_001.png"),
        ("bert", "R2", 3, "bert_R2_001.jpg"),
        ("bert", "", 3, "bert_cine.mp4"),
    ]
    assert imported.ignored == ("0/nameless.png",)


def test_folders_that_are_no_zones_or_scores_are_named_at_once(tmp_path: Path) -> None:
    video(tmp_path / "anna" / "R9" / "0" / "a.mp4")
    video(tmp_path / "anna" / "R1" / "7" / "a.mp4")
    with pytest.raises(InvalidCohortError) as caught:
        read(tmp_path)
    assert [problem.where for problem in caught.value.problems] == ["anna/R1/7", "anna/R9"]


def test_a_folder_without_clips_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(CohortError, match="holds no images or clips in <patient>"):
        read(tmp_path)
    with pytest.raises(CohortError, match="No folder at"):
        read(tmp_path / "gone")
