import csv
import shutil
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from clip_maker import write_video
from lusscore.clips import digest_clip, open_clip
from lusscore.cohort import Card, Rating, Segment, read_cohort, write_cohort
from lusscore.cohort.importers import Imported, ImportOptions, get_importer
from lusscore.errors import PrivacyError
from lusscore.privacy import Deidentified, RedactionResult, deidentify
from lusscore.sector import Box, Sector
from privacy.planted import (
    FAN,
    HEIGHT,
    PEOPLE,
    WIDTH,
    fan_clip,
    fan_mask,
    plant,
    seen,
    write_dicom,
    write_gif,
    write_images,
    write_mp4,
)

WHOLE = ((0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT))


def find_fan(path: Path) -> Sector:
    return Sector(HEIGHT, WIDTH, "motion", FAN)


def find_nothing(path: Path) -> Sector:
    return Sector(HEIGHT, WIDTH, "whole", WHOLE)


def find_bright(path: Path) -> Sector:
    return Sector(HEIGHT, WIDTH, "brightness", FAN)


def find_text(path: Path) -> Sector:
    return Sector(HEIGHT, WIDTH, "whole", WHOLE, (Box(0, 2, 70, 16),))


def card(**values: str) -> Card:
    return Card("ward", "blue-6", "unknown", **values)


def imported(folder: Path, *, patients: int = 3) -> Imported:
    """One GIF, MP4 and image folder each of as many patients, in a folder named by somebody."""
    segments = []
    for number, person in enumerate(PEOPLE[:patients]):
        place = folder / f"{person.family} {person.given}" / "R1"
        place.mkdir(parents=True)
        video = fan_clip(number, person.family)
        path = (
            write_mp4(place / f"{person.family}.mp4", video, person),
            write_gif(place / f"{person.family}.gif", video, person),
            write_images(place, video, person),
        )[number % 3]
        segments.append(
            Segment(str(path), person.number, "2020-03-17", "R1", number % 4, rater="MK")
        )
    source = f"labelled folders {folder.name}"
    return Imported(card(source=source, description=str(folder)), tuple(segments), ("Anna.txt",))


def run(given: Imported, folder: Path, **options: object) -> Deidentified:
    options = {"find": find_fan} | options
    return deidentify(given, folder / "data" / "ward", folder / "key.csv", **options)  # type: ignore[arg-type]


@pytest.mark.slow
def test_nothing_planted_is_left_in_any_file_of_the_cohort(tmp_path: Path) -> None:
    strings = plant(tmp_path / "Quistgaard ward", patients=6)
    options = ImportOptions(protocol="blue-6", name="ward")
    found = get_importer("folders")(tmp_path / "Quistgaard ward", options)
    done = deidentify(found, tmp_path / "data" / "ward", tmp_path / "key.csv")
    write_cohort(tmp_path / "data" / "ward", done.imported.card, done.imported.segments)
    cohort = read_cohort(tmp_path / "data" / "ward")
    assert len(cohort.segments) == len(found.segments) == 12
    assert done.left_out == ()
    assert seen(tmp_path / "data", [*strings, "Quistgaard ward"]) == []
    assert seen(tmp_path, strings)
    kept = [
        (segment.zone, segment.score, segment.group, segment.rater) for segment in cohort.segments
    ]
    assert kept == [
        (segment.zone, segment.score, segment.group, segment.rater) for segment in found.segments
    ]
    assert len({segment.patient for segment in cohort.segments}) == 6
    for segment in cohort.segments:
        assert sum(1 for _ in open_clip(cohort.clip_path(segment.clip))) >= 1


def test_pictures_are_black_outside_the_sector_and_the_same_inside(tmp_path: Path) -> None:
    given = imported(tmp_path / "in")
    originals = [digest_clip(Path(segment.clip)) for segment in given.segments]
    done = run(given, tmp_path)
    assert [digest_clip(Path(segment.clip)) for segment in given.segments] == originals
    for before, after in zip(given.segments, done.imported.segments, strict=True):
        copy = tmp_path / "data" / "ward" / after.clip
        for old, new in zip(open_clip(Path(before.clip)), open_clip(copy), strict=True):
            assert (new.rgb[fan_mask()] == old.rgb[fan_mask()]).all()
            assert old.rgb[:16, :40].max() > 200
            assert not new.rgb[:16, :40].any()
    assert {copied.result for copied in done.copies} == {RedactionResult.BLANKED}
    assert done.look_at == ()


def test_a_patient_and_an_exam_keep_their_pseudonyms_in_a_later_run(tmp_path: Path) -> None:
    given = imported(tmp_path / "in")
    first = run(replace(given, segments=given.segments[:2]), tmp_path)
    later = run(given, tmp_path)
    assert later.imported.segments[:2] == first.imported.segments
    told = (tmp_path / "key.csv").read_text(encoding="utf-8")
    rows = {row["original"]: row["pseudonym"] for row in csv.DictReader(told.splitlines())}
    for segment, new in zip(given.segments, later.imported.segments, strict=True):
        assert rows[segment.patient] == new.patient
        assert new.clip.startswith(f"media/{rows[Path(segment.clip).resolve().as_posix()]}")
        assert new.exam.startswith("E-")
    other = deidentify(given, tmp_path / "data" / "ward", tmp_path / "other.csv", find=find_fan)
    patients = {segment.patient for segment in later.imported.segments}
    assert not patients & {segment.patient for segment in other.imported.segments}


def test_a_second_run_copies_only_what_changed(tmp_path: Path) -> None:
    given, folder = imported(tmp_path / "in"), tmp_path / "data" / "ward"
    first = run(given, tmp_path)
    asked: list[str] = []

    def find(path: Path) -> Sector:
        asked.append(str(path))
        return find_fan(path)

    assert run(given, tmp_path, find=find) == first
    assert asked == []
    (folder / first.copies[0].clip).write_bytes(b"damaged")
    write_gif(Path(given.segments[1].clip), fan_clip(77, "new"), PEOPLE[1])
    third = folder / first.copies[2].clip / "000003.png"
    third.unlink()
    run(given, tmp_path, find=find)
    assert asked == [str(Path(segment.clip).resolve()) for segment in given.segments]
    assert third.is_file()


def test_a_clip_that_is_found_to_be_of_somebody_else_is_copied_anew(tmp_path: Path) -> None:
    clip = write_dicom(tmp_path / "a.dcm", fan_clip(0, ""), PEOPLE[0])
    segment = Segment(str(clip), "17", "1", "R1", 0)
    for patient in ("17", "18"):
        done = run(Imported(card(), (replace(segment, patient=patient),)), tmp_path)
        copy = pydicom.dcmread(tmp_path / "data" / "ward" / done.copies[0].clip)
        assert copy.PatientID == done.imported.segments[0].patient


def test_clips_in_which_no_sector_is_found_are_told(tmp_path: Path) -> None:
    given = imported(tmp_path / "in")
    nothing = run(given, tmp_path, find=find_nothing)
    assert {copied.result for copied in nothing.look_at} == {RedactionResult.NOT_BLANKED}
    assert len(nothing.look_at) == 3
    assert run(given, tmp_path).look_at == nothing.look_at, "known from the key file"
    guessed = deidentify(given, tmp_path / "data" / "a", tmp_path / "key.csv", find=find_bright)
    assert {copied.result for copied in guessed.look_at} == {RedactionResult.GUESSED}
    text = deidentify(given, tmp_path / "data" / "b", tmp_path / "key.csv", find=find_text)
    assert {copied.result for copied in text.look_at} == {RedactionResult.TEXT_BLANKED}
    for copied in text.copies:
        for frame in open_clip(tmp_path / "data" / "b" / copied.clip):
            assert not frame.rgb[:16, :70].any()
            assert frame.rgb[30:].any()


@pytest.mark.parametrize("blanked", [True, False])
@pytest.mark.parametrize(
    ("source", "review"),
    [("dicom", False), ("motion", False), ("brightness", True), ("whole", True)],
)
def test_where_the_sector_is_not_sure_somebody_must_look(
    source: str, blanked: bool, review: bool
) -> None:
    assert RedactionResult.of(source, blanked=blanked).needs_review is review


@pytest.mark.parametrize(("find", "clean"), [(find_fan, "YES"), (find_bright, "NO")])
def test_a_header_promises_only_what_is_sure(
    tmp_path: Path, find: Callable[[Path], Sector], clean: str
) -> None:
    clip = write_dicom(tmp_path / "a.dcm", fan_clip(0, "Quistgaard", 2), PEOPLE[0])
    given = Imported(card(), (Segment(str(clip), "17", "1", "R1", 0),))
    done = run(given, tmp_path, find=find)
    dataset = pydicom.dcmread(tmp_path / "data" / "ward" / done.copies[0].clip)
    assert dataset.PatientIdentityRemoved == clean
    assert ("BurnedInAnnotation" in dataset) is (clean == "YES")


def test_with_nothing_outside_the_sector_a_video_is_not_encoded_anew(tmp_path: Path) -> None:
    clip = write_mp4(tmp_path / "a.mp4", np.zeros((4, HEIGHT, WIDTH, 3), np.uint8), PEOPLE[0])
    given = Imported(card(), (Segment(str(clip), "17", "1", "R1", 0),))
    assert run(given, tmp_path).copies[0].result == RedactionResult.NOTHING_OUTSIDE


def test_free_text_that_may_hold_a_folders_name_is_replaced(tmp_path: Path) -> None:
    given = imported(tmp_path / "Quistgaard ward")
    assert "Quistgaard" in given.card.source + given.card.description
    new = run(given, tmp_path).imported.card
    assert "Quistgaard" not in f"{new}"
    assert new.source == "de-identified copies made by lusscore import --deidentify"
    kept = replace(new, source=given.card.source, description=given.card.description)
    assert kept == given.card


def test_ratings_follow_their_clips(tmp_path: Path) -> None:
    given = imported(tmp_path / "in")
    ratings = [Rating(segment.clip, "MK", 2, 1, 3) for segment in given.segments]
    done = run(given, tmp_path, ratings=[*ratings, Rating("gone.mp4", "MK", 1)])
    expected = [Rating(copied.clip, "MK", 2, 1, 3) for copied in done.copies]
    assert list(done.ratings) == expected


def test_a_clip_that_cannot_be_read_is_left_out_and_told_without_its_name(
    tmp_path: Path,
) -> None:
    given = imported(tmp_path / "in")
    Path(given.segments[0].clip).write_bytes(b"no video")
    next(iter(Path(given.segments[2].clip).glob("*.png"))).write_bytes(b"no image")
    done = run(given, tmp_path)
    assert [segment.clip for segment in done.imported.segments] == [done.copies[0].clip]
    assert len(done.left_out) == 2
    for pseudonym, reason in done.left_out:
        assert pseudonym.startswith("C-")
        assert str(tmp_path) not in reason
        assert not [
            p for p in PEOPLE for s in p.strings if s in unicodedata.normalize("NFC", reason)
        ]
    assert [path.name for path in (tmp_path / "data/ward/media").iterdir()] == [
        Path(done.copies[0].clip).name
    ]


def test_with_no_clip_that_can_be_read_there_is_no_cohort(tmp_path: Path) -> None:
    given = imported(tmp_path / "in", patients=1)
    Path(given.segments[0].clip).write_bytes(b"")
    with pytest.raises(
        PrivacyError,
        match=r"(?s)none of 1 clips could .* key file.*; the first:\n  C-.*: The file is empty",
    ):
        run(given, tmp_path)


def test_originals_are_never_left_in_the_cohort_folder(tmp_path: Path) -> None:
    given = imported(tmp_path / "data" / "ward" / "clips")
    with pytest.raises(PrivacyError, match="lie inside the cohort's folder.*; move them"):
        run(given, tmp_path)


@pytest.mark.parametrize("key", ["file/keys/key.csv", f"{'k' * 300}/key.csv", "k" * 300])
def test_a_key_file_that_cannot_be_made_gets_a_sentence(tmp_path: Path, key: str) -> None:
    given = imported(tmp_path / "in", patients=1)
    (tmp_path / "file").write_text("x")
    with pytest.raises(PrivacyError, match="cannot be used .*; expected a place where you may"):
        deidentify(given, tmp_path / "data" / "ward", tmp_path / key)
    assert not (tmp_path / "data").exists()


def test_copies_no_longer_used_are_told(tmp_path: Path) -> None:
    given = imported(tmp_path / "in")
    first = run(given, tmp_path)
    later = run(replace(given, segments=given.segments[1:]), tmp_path)
    assert (first.unused, later.unused) == ((), (first.copies[0].clip,))


def test_two_processes_make_the_same_cohort_as_one(tmp_path: Path) -> None:
    given = imported(tmp_path / "in", patients=4)
    Path(given.segments[0].clip).write_bytes(b"no video")
    told: list[tuple[int, int]] = []
    two = run(given, tmp_path, jobs=2, progress=lambda *counts: told.append(counts))
    assert told == [(number, 4) for number in range(1, 5)]
    asked: list[Path] = []
    assert run(given, tmp_path, find=lambda path: asked.append(path) or find_fan(path)) == two  # type: ignore[func-returns-value]
    assert asked == []
    digests = [digest_clip(tmp_path / "data" / "ward" / copied.clip) for copied in two.copies]
    shutil.rmtree(tmp_path / "data")
    assert run(given, tmp_path) == two
    assert digests == [digest_clip(tmp_path / "data" / "ward" / c.clip) for c in two.copies]


@pytest.mark.parametrize("jobs", [0, -2])
def test_a_number_of_processes_that_makes_no_sense_gets_a_sentence(
    tmp_path: Path, jobs: int
) -> None:
    with pytest.raises(PrivacyError, match=f"jobs = {jobs} is not allowed"):
        run(imported(tmp_path / "in", patients=1), tmp_path, jobs=jobs)


def test_segments_of_one_clip_share_one_copy(tmp_path: Path) -> None:
    given = imported(tmp_path / "in", patients=1)
    halves = (
        replace(given.segments[0], frame_end=4),
        replace(given.segments[0], frame_start=4, score=3),
    )
    new = run(replace(given, segments=halves), tmp_path).imported.segments
    assert new[0].clip == new[1].clip
    assert [(s.frame_start, s.frame_end, s.score) for s in new] == [(0, 4, 0), (4, None, 3)]


_KILLED = """
import sys
from pathlib import Path
from lusscore.cohort import Card, Segment
from lusscore.cohort.importers import Imported
from lusscore.privacy import deidentify
from lusscore.sector import Sector

def find(path):
    return Sector(480, 640, "motion", ((90, 90), (500, 90), (500, 400), (90, 400)))

clips = sorted(Path(sys.argv[1]).glob("in/*"))
segments = tuple(Segment(str(clip), clip.stem, "1", "R1", 0) for clip in clips)
given = Imported(Card("ward", "blue-6", "unknown"), segments)
root = Path(sys.argv[1])
done = deidentify(given, root / "data" / "ward", root / "key.csv", find=find)
print(len(done.copies), flush=True)
"""


@pytest.mark.slow
def test_a_killed_run_leaves_no_half_copy_and_is_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(2):
        video = np.random.default_rng(number).integers(0, 255, (8, 480, 640, 3), np.uint8)
        write_video(tmp_path / "in" / f"{number}.mp4", video)
    command = [sys.executable, "-c", _KILLED, str(tmp_path)]
    media = tmp_path / "data" / "ward" / "media"
    process = subprocess.Popen(command)
    until = time.monotonic() + 60
    while not list(media.glob(".unfinished-*.mp4")):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.005)
    process.kill()
    process.wait()
    (half,) = media.iterdir()
    assert half.name.startswith(".unfinished-")
    first = (tmp_path / "key.csv").read_text(encoding="utf-8")
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert again.stdout == "2\n"
    assert not list(media.glob(".*"))
    copies = sorted(media.iterdir())
    assert [sum(1 for _ in open_clip(copy)) for copy in copies] == [8, 8]
    rows = list(csv.DictReader((tmp_path / "key.csv").read_text(encoding="utf-8").splitlines()))
    told = {row["pseudonym"]: row["copy_digest"] for row in rows if row["kind"] == "clip"}
    assert told == {copy.stem: digest_clip(copy) for copy in copies}
    for row in csv.DictReader(first.splitlines()):
        assert row["pseudonym"] in {later["pseudonym"] for later in rows}
