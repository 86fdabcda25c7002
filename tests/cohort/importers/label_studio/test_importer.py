"""Exports written as Label Studio 1.20 writes them (tasks, annotations, results)."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clip_maker import moving_bar, write_video
from lusscore.cohort import read_cohort, write_cohort
from lusscore.cohort.consensus import consensus_labels
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
        "ground_truth": False,
        "created_at": "2025-03-09T22:16:08.728353Z",
        "updated_at": f"2025-03-09T22:16:{number:02}.728378Z",
        "draft_created_at": None,
        "lead_time": 4.288,
        "prediction": {},
        "result_count": len(results),
        "unique_id": "7b1c1b0e-4c47-4f0c-9f0f-6d7c0b5a3a11",
        "import_id": None,
        "last_action": None,
        "bulk_created": False,
        "task": 1,
        "project": 83,
        "updated_by": 1,
        "parent_prediction": None,
        "parent_annotation": None,
        "last_created_by": None,
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
        "created_at": "2025-03-09T21:52:49.513742Z",
        "updated_at": "2025-03-09T22:16:08.746926Z",
        "inner_id": number,
        "total_annotations": len(annotations),
        "cancelled_annotations": 0,
        "total_predictions": 1,
        "comment_count": 0,
        "unresolved_comment_count": 0,
        "last_comment_updated_at": None,
        "project": 83,
        "updated_by": 1,
        "comment_authors": [],
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


def test_ranges_without_a_rate_are_trusted_and_that_is_told(tmp_path: Path, media: Path) -> None:
    path = write(tmp_path, TASKS[1:2])
    (note,) = read(path, media, score="frames").notes
    assert "say what it was with --column fps=NUMBER" in note
    assert read(path, media, score="frames", fps="25").notes == ()
    assert read(path, media).notes == ()


def test_nothing_of_the_result_tells_an_email_address(tmp_path: Path, media: Path) -> None:
    tasks = copy.deepcopy(TASKS)
    tasks[0]["annotations"][0]["completed_by"] = {"email": EMAIL}
    imported = read(write(tmp_path, tasks), media)
    assert imported.segments[0].rater == "annotator 1"
    assert "@" not in repr(imported)


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
    for words in ("'gone.mp4' is not in", "tells no patient", "'R9' is not a zone", "1 and 2"):
        assert words in str(caught.value)


def test_without_patients_there_is_one_sentence_that_tells_what_to_do(
    tmp_path: Path, media: Path
) -> None:
    tasks = copy.deepcopy(TASKS)
    for one in tasks:
        del one["data"]["patient"]
    path = write(tmp_path, tasks)
    with pytest.raises(CohortError, match="tells no patient under .*--column patient=FIELD"):
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
    with pytest.raises(CohortError, match="several clips, p1_R1.mp4, p3_R2.mp4; say which with"):
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


def test_json_that_nests_without_end_gets_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text("[" * 100_000)
    with pytest.raises(CohortError, match="is not complete JSON"):
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
