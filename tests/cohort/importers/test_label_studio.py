"""Exports written as Label Studio 1.20 writes them, and some that Label Studio 1.23.2 wrote.

In its project ``clips`` one choice scores a clip (a second annotation of c.mp4 was cancelled); in
``segments`` ranges of a timeline score frames 1–3 and 4–6, and c.mp4 has no annotation. CSV and
TSV are as the converter of label-studio-sdk writes them.
"""

import copy
import csv
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clip_maker import moving_bar, write_video
from lusscore.cohort import Segment, consensus_labels, read_cohort, write_cohort
from lusscore.cohort.importers import Imported, ImportOptions, get_importer
from lusscore.errors import CohortError, InvalidCohortError, LusscoreError


def read(source: Path, media: Path | None = None, **columns: str) -> Imported:
    return get_importer("label-studio")(source, ImportOptions(media=media, columns=columns))


def result(control: str, kind: str, **value: Any) -> dict[str, Any]:
    return {
        "value": value,
        "id": "Dx_aB91ISN",
        "from_name": control,
        "to_name": "video",
        "type": kind,
        "origin": "manual",
    }


def annotation(number: int, who: Any, *results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "completed_by": who,
        "result": list(results),
        "was_cancelled": False,
        "created_at": "2025-03-09T22:16:08.728353Z",
        "updated_at": f"2025-03-09T22:16:{number:02}.728378Z",
        "lead_time": 4.288,
        "prediction": {},
        "parent_annotation": None,
    } | more


def task(number: int, video: str, *annotations: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {
        "id": number,
        "annotations": list(annotations),
        "file_upload": "abcd1234-name.mp4",
        "drafts": [],
        "predictions": [{"model_version": "a", "result": [choice("3")], "score": 0.9}],
        "data": {"video": video} | data,
        "meta": {},
        "updated_at": "2025-03-09T22:16:08.746926Z",
        "inner_id": number,
    }


def choice(value: str, control: str = "score") -> dict[str, Any]:
    return result(control, "choices", choices=[value])


EMAIL = "anna@hospital.example"
TASKS = [
    task(
        1,
        "/data/upload/3/0a1b2c3d-p1_R1.mp4",
        annotation(1, 7, choice("1"), choice("R1", "zone")),
        annotation(2, {"id": 9, "email": EMAIL, "first_name": "", "last_name": ""}, choice("2")),
        annotation(3, 5, choice("0"), was_cancelled=True),
        patient="p1",
    ),
    task(
        2,
        "/data/local-files/?d=ward/p2/L3%20late.mp4",
        annotation(
            4,
            7,
            result(
                "frames", "timelinelabels", ranges=[{"start": 1, "end": 3}], timelinelabels=["0"]
            ),
            choice("L3", "zone"),
            choice("0"),
            result(
                "box", "videorectangle", framesCount=6, duration=0.24, sequence=[], labels=["a"]
            ),
        ),
        patient="p2",
    ),
    task(3, "s3://bucket/lus/p3_R2.mp4", patient="p3"),
]


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    (folder / "p2").mkdir()
    for name in ("p1_R1.mp4", "p2/L3 late.mp4", "p3_R2.mp4"):
        write_video(folder / name, moving_bar(6))
    return folder


def write(folder: Path, tasks: Any) -> Path:
    path = folder / "project-83-at-2025-03-10-08-00-0a1b2c3d.json"
    path.write_text(json.dumps(tasks))
    return path


def told(imported: Imported) -> list[tuple[object, ...]]:
    return [
        (s.patient, s.zone, s.score, s.frame_start, s.frame_end, s.rater, Path(s.clip).name)
        for s in imported.segments
    ]


def test_each_annotation_is_what_one_rater_said_and_cancelled_ones_are_nothing(
    tmp_path: Path, media: Path
) -> None:
    imported = read(write(tmp_path, TASKS), media)
    assert told(imported) == [
        ("p1", "R1", 1, 0, None, "annotator 7", "p1_R1.mp4"),
        ("p1", "R1", 2, 0, None, "annotator 9", "p1_R1.mp4"),
        ("p2", "L3", 0, 0, None, "annotator 7", "L3 late.mp4"),
        ("p3", "", None, 0, None, "", "p3_R2.mp4"),
    ]
    assert imported.ignored == ("task 2: videorectangle of box",)
    assert (imported.card.protocol, imported.card.label_level) == ("blue-6", "clip")
    settled = consensus_labels(imported.segments, "mean")
    write_cohort(tmp_path / "data" / "ward", imported.card, settled.segments)
    assert [segment.score for segment in read_cohort(tmp_path / "data" / "ward").segments] == [
        2,
        0,
        None,
    ]


def test_a_chosen_control_of_ranges_gives_scores_to_frames(tmp_path: Path, media: Path) -> None:
    imported = read(write(tmp_path, TASKS[1:2]), media, score="frames")
    assert told(imported) == [("p2", "L3", 0, 0, 3, "annotator 7", "L3 late.mp4")]
    assert imported.card.label_level == "frame"


def test_ranges_without_a_rate_are_taken_for_the_clips_own_frames_with_a_note(
    tmp_path: Path, media: Path
) -> None:
    path = write(tmp_path, TASKS[1:2])
    (note,) = read(path, media, score="frames").notes
    assert "--column fps=NUMBER" in note
    assert read(path, media, score="frames", fps="25").notes == ()
    assert read(path, media).notes == ()


def test_of_two_annotations_by_one_annotator_the_later_counts(tmp_path: Path, media: Path) -> None:
    both = [annotation(8, 7, choice("3")), annotation(6, 7, choice("1"))]
    (segment,) = read(write(tmp_path, [task(1, "p1_R1.mp4", *both, patient="p1")]), media).segments
    assert segment.score == 3


def test_words_that_are_no_number_leave_a_clip_unlabelled_and_are_named(
    tmp_path: Path, media: Path
) -> None:
    tasks = [
        task(1, "p1_R1.mp4", annotation(1, 7, choice("not assessable")), patient="p1"),
        task(2, "p3_R2.mp4", annotation(2, 7, choice("2: coalescent B-lines")), patient="p3"),
    ]
    imported = read(write(tmp_path, tasks), media)
    assert [segment.score for segment in imported.segments] == [None, 2]
    assert imported.ignored == ("task 1: score not assessable",)


def test_all_bad_tasks_are_named_at_once(tmp_path: Path, media: Path) -> None:
    tasks = [
        task(1, "p1_R1.mp4", annotation(1, 7, choice("5")), patient="p1"),
        task(2, "gone.mp4", annotation(2, 7, choice("1")), patient="p2"),
        task(3, "p3_R2.mp4", annotation(3, 7, choice("2"))),
        task(4, "p3_R2.mp4", annotation(4, 7, choice("2"), choice("R9", "zone")), patient="p3"),
        task(5, "p3_R2.mp4", annotation(5, 7, result("score", "choices", choices=["1", "2"]))),
    ]
    tasks[4]["data"]["patient"] = "p3"
    with pytest.raises(InvalidCohortError) as caught:
        read(write(tmp_path, tasks), media)
    assert [problem.where for problem in caught.value.problems] == [
        "task 2",
        "task 3",
        "task 4",
        "task 1, score",
        "task 5, score",
    ]
    for words in ("'gone.mp4' is not in", "names no patient", "'R9' is not a zone", "1 and 2"):
        assert words in str(caught.value)


def test_without_patients_there_is_one_sentence_that_tells_what_to_do(
    tmp_path: Path, media: Path
) -> None:
    tasks = copy.deepcopy(TASKS)
    for one in tasks:
        del one["data"]["patient"]
    path = write(tmp_path, tasks)
    with pytest.raises(CohortError, match="names no patient under .*--column patient=FIELD"):
        read(path, media)
    found = read(path, media, patient=r"file~p(\d)").segments
    assert [segment.patient for segment in found] == ["1", "1", "2", "3"]


def test_annotators_who_disagree_on_the_zone_are_a_problem(tmp_path: Path, media: Path) -> None:
    said = [annotation(n, n, choice("1"), choice(f"R{n}", "zone")) for n in (1, 2)]
    path = write(tmp_path, [task(1, "p1_R1.mp4", *said, patient="p1")])
    with pytest.raises(InvalidCohortError) as caught:
        read(path, media)
    (problem,) = caught.value.problems
    assert str(problem) == "task 1: has the zone 'R1', 'R2'; expected one for the clip"


def test_two_files_that_could_be_meant_are_asked_about(tmp_path: Path, media: Path) -> None:
    tasks = [task(1, "p1_R1.mp4", annotation(1, 7, choice("1")), patient="p1", other="p3_R2.mp4")]
    path = write(tmp_path, tasks)
    with pytest.raises(
        CohortError, match="several clips, p1_R1.mp4, p3_R2.mp4; .*--column clip=FIELD"
    ):
        read(path, media)
    assert Path(read(path, media, clip="other").segments[0].clip).name == "p3_R2.mp4"


def test_clips_are_looked_for_beside_the_export(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", moving_bar(2))
    write(tmp_path, [task(1, "/data/upload/1/0a1b2c3d-a.mp4", patient="p")])
    (segment,) = read(tmp_path).segments
    assert (Path(segment.clip), segment.score) == ((tmp_path / "a.mp4").resolve(), None)


@pytest.mark.parametrize("name", ["json", "csv", "tsv"])
def test_a_truncated_or_empty_export_gets_a_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"export.{name}"
    path.write_text('[{"id": 1, "data": {"vid' if name == "json" else "")
    with pytest.raises(CohortError, match="is not complete JSON|is empty"):
        read(path)
    path.write_text("[]" if name == "json" else "id,video\n")
    with pytest.raises(CohortError, match="holds no list of tasks|has no rows"):
        read(path)


def test_json_that_nests_without_end_or_holds_half_a_character_gets_a_sentence(
    tmp_path: Path,
) -> None:
    path = tmp_path / "export.json"
    path.write_text("[" * 100_000)
    with pytest.raises(CohortError, match="is not complete JSON"):
        read(path)
    path.write_text('[{"id": 1, "data": {"video": "\\ud800.mp4"}}]')
    with pytest.raises(InvalidCohortError, match="task 1: it cannot hold a value"):
        read(path)


def test_no_export_or_two_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="holds 0 such files; expected a Label Studio export"):
        read(tmp_path)
    for name in ("a.json", "b.csv"):
        (tmp_path / name).write_text("")
    with pytest.raises(CohortError, match="holds 2 such files: a.json, b.csv; expected"):
        read(tmp_path)
    with pytest.raises(CohortError, match="there is no export here"):
        read(tmp_path / "none")
    for path in tmp_path.iterdir():
        path.unlink()
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(CohortError, match="folder.json: it cannot be read"):
        read(tmp_path)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Ten frames at 25 frames per second."""
    return write_video(tmp_path / "a.mp4", moving_bar(10))


def timeline(*ranges: tuple[int, int], score: str = "2") -> dict[str, Any]:
    spans = [{"start": start, "end": end} for start, end in ranges]
    return result("score", "timelinelabels", ranges=spans, timelinelabels=[score])


def seconds(start: float, end: float) -> dict[str, Any]:
    return result("score", "labels", start=start, end=end, labels=["2"])


def frames(clip: Path, *results: dict[str, Any], **columns: str) -> list[tuple[object, ...]]:
    one = task(1, clip.name, annotation(1, 7, *results), patient="p", rate="50")
    segments = read(write(clip.parent, [one]), score="score", **columns).segments
    return [(segment.frame_start, segment.frame_end, segment.score) for segment in segments]


def test_ranges_count_from_one_and_hold_both_ends(clip: Path) -> None:
    assert frames(clip, timeline((1, 1), (3, 10))) == [(0, 1, 2), (2, 10, 2)]
    # one frame too many is the rounding of Label Studio
    assert frames(clip, timeline((5, 11))) == [(4, 10, 2)]


def test_ranges_drawn_end_to_end_share_no_frame(clip: Path) -> None:
    drawn = (timeline((5, 9), score="3"), timeline((1, 5), score="1"))
    assert frames(clip, *drawn) == [(0, 4, 1), (4, 9, 3)]


def test_frames_counted_at_another_rate_are_looked_up_by_their_time(clip: Path) -> None:
    # at 50 frames per second each of the clip's frames is shown twice: 3–6 are frames 1 and 2
    for fps in ("50", "rate"):
        assert frames(clip, timeline((3, 6)), fps=fps) == [(1, 3, 2)]
    with pytest.raises(InvalidCohortError, match="'none' is no number of frames per second"):
        frames(clip, timeline((3, 6)), fps="none")


def test_seconds_are_looked_up_in_the_clips_real_times(tmp_path: Path) -> None:
    path = tmp_path / "uneven.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 10)
        for image, time in zip(moving_bar(4), (0, 1, 2, 10), strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert frames(path, seconds(0.1, 0.9)) == [(1, 3, 2)]
    assert frames(path, seconds(0.15, 1.5)) == [(2, None, 2)]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (timeline((0, 3)), "no range of frames counted from 1"),
        (timeline((5, 3)), "no range of frames counted from 1"),
        (timeline((3, 12)), "beyond the clip's 10 frames: .*--column fps=NUMBER"),
        (timeline((11, 11)), "beyond the clip's 10 frames"),
        (seconds(5, 6), "no frame of the clip lies between 5 and 6 seconds"),
        (seconds(0.2, 0.1), "no frame of the clip lies between"),
        (seconds(0.01, 0.02), "no frame of the clip lies between"),
        (result("score", "choices", choices=[{}]), "choices holds what is neither text nor number"),
        (result("score", "choices", choices=None), "neither text nor number"),
        (result("score", "x", ranges={}, labels=["1"]), "ranges.* expected a list"),
        (result("score", "x", ranges=[4], labels=["1"]), r"ranges\[0\]: 4 is not allowed"),
        (timeline((1, 2.5)), "end: 2.5 is not allowed; expected a whole number"),  # type: ignore[arg-type]
        (seconds("a", 1), "start: 'a' is not allowed; expected a number"),  # type: ignore[arg-type]
        (seconds(0, float("nan")), "end: None is not allowed; expected a number"),
        (seconds(0, 10**400), "end: 1000"),
        ({"from_name": "score", "value": 2}, "value: 2 is not allowed"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(
    clip: Path, said: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidCohortError, match=words):
        frames(clip, said)


def test_a_clip_that_cannot_be_read_is_a_problem_of_its_task(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with pytest.raises(InvalidCohortError, match="task 1, score: "):
        frames(tmp_path / "a.mp4", timeline((1, 2)))


@pytest.mark.parametrize(
    "value",
    [
        {"rating": 2},
        {"number": 2.0},
        {"taxonomy": [["Score", "2"]]},
        {"text": ["2"]},
        {"choices": "2: coalescent"},
    ],
)
def test_a_score_is_given_by_any_control(clip: Path, value: dict[str, Any]) -> None:
    assert frames(clip, result("score", "x", **value)) == [(0, None, 2)]


@pytest.mark.parametrize(
    "value",
    [
        {"framesCount": 9, "sequence": [], "labels": ["2"]},
        # what a box becomes where a timeline is on the same video: it has no ranges
        {"framesCount": 9, "duration": 1.0, "timelinelabels": ["2"]},
        {"x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0, "choices": ["2"]},
        {"x": 1.0, "y": 2.0, "rectanglelabels": ["2"]},
        {"start": "/div[1]", "end": "/div[2]", "hypertextlabels": ["2"]},
        {"ranges": [], "timelinelabels": ["2"]},
        {},
    ],
)
def test_what_is_said_of_a_part_of_the_picture_says_nothing_of_the_clip(
    clip: Path, value: dict[str, Any]
) -> None:
    one = task(1, "a.mp4", annotation(1, 7, result("score", "kind", **value)), patient="p")
    imported = read(write(clip.parent, [one]))
    assert [segment.score for segment in imported.segments] == [None]
    assert imported.ignored == ("task 1: kind of score",)


@pytest.mark.parametrize(
    ("said", "chosen", "score"),
    [
        ({"lus": "1", "depth": "2"}, {}, 1),
        ({"findings": "3", "quality": "good", "depth": "12"}, {}, 3),
        ({"findings": "1", "region": "2"}, {"zone": "region"}, None),
        ({"a": "1", "b": "2"}, {"score": "b"}, 2),
        ({"quality": "good"}, {}, "no control could .* one of quality"),
        ({"a": "1", "b": "2", "c": "x"}, {}, "several controls could .* one of a, b"),
        ({"a": "1", "b": "2"}, {"score": "c"}, "has no control 'c'; .* a, b"),
    ],
)
def test_the_control_of_the_score_is_found_by_name_else_by_its_values(
    clip: Path, said: dict[str, str], chosen: dict[str, str], score: object
) -> None:
    choices = [choice(value, control) for control, value in said.items()]
    path = write(clip.parent, [task(1, "a.mp4", annotation(1, 7, *choices), patient="p")])
    if isinstance(score, str):
        with pytest.raises(CohortError, match=score):
            read(path, **chosen)
    elif score is None:  # the region is taken for the zone, and is none
        with pytest.raises(InvalidCohortError, match="'2' is not a zone"):
            read(path, **chosen)
    else:
        assert [segment.score for segment in read(path, **chosen).segments] == [score]


def test_who_has_a_number_keeps_it_and_no_email_address_is_kept(clip: Path) -> None:
    who = ({"email": "b@x.example"}, 2, {"id": 9, "email": EMAIL}, {"email": "a@x.example"}, 1)
    said = [annotation(n, one, choice(str(n % 4))) for n, one in enumerate(who, 1)]
    imported = read(write(clip.parent, [task(1, "a.mp4", *said, patient="p")]))
    numbers = [segment.rater.removeprefix("annotator ") for segment in imported.segments]
    assert numbers == ["3", "2", "9", "4", "1"]
    assert "@" not in repr(imported)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for name in ("a.mp4", "p1/R1.mp4", "p2/R1.mp4", "deadbeef-b.mp4", "my clip (2).mp4", "100%.mp4",
                 "a+b.mp4"):  # fmt: skip
        path = tmp_path / "media" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "outside.mp4").write_bytes(b"x")
    return tmp_path / "media"


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("/data/upload/3/0a1b2c3d-a.mp4", "a.mp4"),
        ("a.mp4", "a.mp4"),
        ("/data/local-files/?d=ward/p2/R1.mp4", "p2/R1.mp4"),
        ("/data/local-files/?d=ward%2Fp1%2FR1.mp4", "p1/R1.mp4"),
        ("s3://bucket/lus/p1/R1.mp4", "p1/R1.mp4"),
        ("/data/local-files/?d=ward/a+b.mp4", "a+b.mp4"),
        ("https://host.example/clips/a.mp4?token=1/2", "a.mp4"),
        ("C:\\ward\\p2\\R1.mp4", "p2/R1.mp4"),
        ("/data/upload/3/deadbeef-b.mp4", "deadbeef-b.mp4"),
        ("/data/upload/3/0a1b2c3d-my_clip_2.mp4", "my clip (2).mp4"),
        ("gs://bucket/my%20clip%20%282%29.mp4", "my clip (2).mp4"),
        ("/data/upload/3/0a1b2c3d-100%.mp4", "100%.mp4"),
    ],
)
def test_paths_and_addresses_lead_to_the_clip(
    tmp_path: Path, store: Path, reference: str, name: str
) -> None:
    (segment,) = read(write(tmp_path, [task(1, reference, patient="p")]), store).segments
    assert Path(segment.clip) == store.resolve() / name


@pytest.mark.parametrize(
    "reference",
    ["../outside.mp4", "/data/local-files/?d=../outside.mp4", "none.mp4", "/data/upload/3/R1.mp4",
     "https://[::1/a.mp4", "/", "", "no\0ne.mp4", "OUTSIDE"],
)  # fmt: skip
def test_what_is_not_below_the_folder_or_there_twice_is_not_found(
    tmp_path: Path, store: Path, reference: str
) -> None:
    reference = reference.replace("OUTSIDE", str(tmp_path / "outside.mp4"))
    with pytest.raises(InvalidCohortError, match="task 1: "):
        read(write(tmp_path, [task(1, reference, patient="p")]), store)


def test_a_clip_does_not_stand_in_for_one_of_its_name_in_another_folder(
    tmp_path: Path, store: Path
) -> None:
    (store / "p2" / "R1.mp4").unlink()
    videos = ("s3://b/p1/R1.mp4", "s3://b/p2/R1.mp4", "/data/upload/1/0a1b2c3d-R1.mp4")
    tasks = [task(number, video, patient="p") for number, video in enumerate(videos, 1)]
    with pytest.raises(InvalidCohortError) as caught:
        read(write(tmp_path, tasks), store)
    (problem,) = caught.value.problems
    assert str(problem).startswith(
        "task 2: 'R1.mp4' in 'p2' is not there, only the one in 'p1' that task 1 shows"
    )


TIMELINE = [{"ranges": [{"start": 2, "end": 4}], "timelinelabels": ["3"]}]
STAMPS = {
    "created_at": "2025-03-09T22:16:08.728353Z",
    "updated_at": "2025-03-09T22:16:08.728378Z",
    "lead_time": 4.288,
}
MIN = [
    {"video": "/data/upload/3/0a1b2c3d-a.mp4", "patient": "p1", "id": 1, "zone": "R1",
     "score": "2", "annotator": 7, "annotation_id": 11, **STAMPS},
    {"video": "/data/upload/3/0a1b2c3d-a.mp4", "patient": "p1", "id": 1, "zone": "R1",
     "score": [{"number": 1}], "annotator": 8, "annotation_id": 12, **STAMPS},
    {"video": "/data/upload/3/0a1b2c3d-b.mp4", "patient": "p2", "id": 2,
     "score": TIMELINE, "annotator": 7, "annotation_id": 13, **STAMPS},
    {"video": "/data/upload/3/0a1b2c3d-c.mp4", "patient": "p3", "id": 3,
     "annotator": None, "annotation_id": None},
]  # fmt: skip


def labels(imported: Imported) -> list[tuple[object, ...]]:
    return [(s.patient, s.score, s.frame_start, s.frame_end, s.rater) for s in imported.segments]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        write_video(tmp_path / name, moving_bar(6))
    return tmp_path


def write_table(path: Path, rows: list[dict[str, Any]], delimiter: str) -> Path:
    """As the converter does: sorted columns, lists as JSON, e-mail addresses for annotators."""
    with path.open("w", encoding="utf8", newline="") as file:
        writer = csv.DictWriter(
            file,
            fieldnames=sorted({key for row in rows for key in row}),
            quoting=csv.QUOTE_NONNUMERIC,
            delimiter=delimiter,
        )
        writer.writeheader()
        for row in rows:
            cells = {key: json.dumps(v) if isinstance(v, list) else v for key, v in row.items()}
            if isinstance(row["annotator"], int):
                cells["annotator"] = f"person{row['annotator']}@hospital.example"
            writer.writerow(cells)
    return path


def test_json_min_has_a_row_for_each_annotation(folder: Path) -> None:
    path = folder / "export.json"
    path.write_text(json.dumps(MIN))
    imported = read(path)
    assert labels(imported) == [
        ("p1", 2, 0, None, "annotator 7"),
        ("p1", 1, 0, None, "annotator 8"),
        ("p2", 3, 1, 4, "annotator 7"),
        ("p3", None, 0, None, ""),
    ]
    assert [segment.zone for segment in imported.segments] == ["R1", "R1", "", ""]


@pytest.mark.parametrize(("suffix", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_tables_tell_the_same_and_number_annotators_instead_of_naming_them(
    folder: Path, suffix: str, delimiter: str
) -> None:
    imported = read(write_table(folder / f"export.{suffix}", MIN, delimiter))
    assert labels(imported) == [
        ("p1", 2, 0, None, "annotator 1"),
        ("p1", 1, 0, None, "annotator 2"),
        ("p2", 3, 1, 4, "annotator 1"),
        ("p3", None, 0, None, ""),
    ]
    assert "@" not in repr(imported)


def test_fields_of_a_row_that_nobody_annotated_are_no_labels(folder: Path) -> None:
    rows = [row | {"depth": "2"} for row in MIN[2:]]
    imported = read(write_table(folder / "export.csv", rows, ","), score="depth")
    assert [segment.score for segment in imported.segments] == [2, None]


def test_a_result_that_is_cut_short_gets_a_sentence(folder: Path) -> None:
    path = write_table(folder / "export.csv", MIN, ",")
    path.write_text(path.read_text().replace('""3""]}]', '""3""'))
    with pytest.raises(InvalidCohortError, match="task 2, score: is cut short; expected complete"):
        read(path)


def test_scores_of_another_name_are_found_by_their_values_and_two_such_are_asked_about(
    folder: Path,
) -> None:
    rows = [{("lungs" if key == "score" else key): v for key, v in row.items()} for row in MIN[:2]]
    path = write_table(folder / "export.csv", rows, ",")
    assert [segment.score for segment in read(path).segments] == [2, 1]
    path = write_table(folder / "export.csv", [row | {"depth": "3"} for row in rows], ",")
    with pytest.raises(CohortError, match="several controls could .* one of depth, lungs"):
        read(path)
    assert [segment.score for segment in read(path, score="depth").segments] == [3, 3]


def test_values_of_unknown_shape_are_no_results_and_bad_ones_are_problems(folder: Path) -> None:
    row = {
        "id": 1,
        "annotation_id": 2,
        "patient": "p",
        "video": "a.mp4",
        "annotator": 1,
        "score": "2",
    }
    row |= {"a": [{"x": 1, "rectanglelabels": ["B"]}], "b": [[1]]}
    assert read(write(folder, [row])).ignored == ("task 1: a region of a",)
    with pytest.raises(InvalidCohortError, match="task 1, c: choices holds") as caught:
        read(write(folder, [row | {"c": [{"choices": [None]}]}]))
    assert len(caught.value.problems) == 1


EXPORTS = Path(__file__).parent / "label_studio_exports"


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        write_video(tmp_path / name, moving_bar(8))
    return tmp_path


def segments_of(export: str, recorded: Path) -> dict[str, list[Segment]]:
    options = ImportOptions(protocol="blue-6", media=recorded, columns={"fps": "25"})
    imported = get_importer("label-studio")(EXPORTS / export, options)
    found: dict[str, list[Segment]] = {}
    for segment in consensus_labels(imported.segments, None).segments:
        found.setdefault(Path(segment.clip).name, []).append(segment)
    return found


@pytest.mark.parametrize("export", ["clips.json", "clips-min.json", "clips.csv"])
def test_scores_of_clips(export: str, recorded: Path) -> None:
    told = {
        name: (segment.patient, segment.zone, segment.score)
        for name, segments in segments_of(export, recorded).items()
        for segment in segments
    }
    assert told == {"a.mp4": ("p1", "R1", 2), "b.mp4": ("p1", "L1", 0), "c.mp4": ("p2", "R1", 3)}


@pytest.mark.parametrize("export", ["segments.json", "segments-min.json", "segments.csv"])
def test_scores_of_segments(export: str, recorded: Path) -> None:
    found = segments_of(export, recorded)
    for name, zone in (("a.mp4", "R1"), ("b.mp4", "L1")):
        labelled = [segment for segment in found[name] if segment.score is not None]
        told = [
            (segment.frame_start, segment.frame_end, segment.score, segment.zone)
            for segment in labelled
        ]
        assert told == [(0, 3, 1, zone), (3, 6, 3, zone)]
    assert all(segment.score is None for segment in found.get("c.mp4", []))


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.just("../../p1_R1.mp4"),
    st.just([]),
    st.just({}),
    st.just([None, {"start": 1}]),
    st.just({"start": "x", "end": 10**400}),
)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All places in a JSON value."""
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [here, *(place for key, item in inside for place in places(item, (*here, key)))]


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.sampled_from(places(TASKS)), JUNK), min_size=1, max_size=3))
def test_whatever_stands_anywhere_is_read_or_gets_a_sentence(
    tmp_path: Path, media: Path, changes: list[tuple[tuple[Any, ...], Any]]
) -> None:
    tasks: Any = copy.deepcopy(TASKS)
    for place, junk in changes:
        holder = [tasks]
        try:
            target: Any = holder
            for key in (0, *place)[:-1]:
                target = target[key]
            target[(0, *place)[-1]] = copy.deepcopy(junk)
        except (KeyError, IndexError, TypeError):
            pass
        tasks = holder[0]
    path = write(tmp_path, tasks)
    try:
        imported = read(path, media)
    except LusscoreError:
        return
    assert imported.segments
    for segment in imported.segments:
        assert segment.patient
        assert Path(segment.clip).is_relative_to(media)
