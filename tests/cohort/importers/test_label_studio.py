import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clip_maker import moving_bar, write_video
from imported_rows import told
from label_studio_maker import EMAIL, TASKS, annotation, choice, read, result, task, write
from lusscore.cohort import consensus_labels, read_cohort, write_cohort
from lusscore.errors import CohortError, InvalidCohortError, LusscoreError


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    (folder / "p2").mkdir()
    for name in ("p1_R1.mp4", "p2/L3 late.mp4", "p3_R2.mp4"):
        write_video(folder / name, moving_bar(6))
    return folder


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
    found = read_cohort(tmp_path / "data" / "ward").segments
    assert [segment.score for segment in found] == [2, 0, None]


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
    write_video(path, moving_bar(4), fps=10, ticks=(0, 1, 2, 10))
    assert frames(path, seconds(0.1, 0.9)) == [(1, 3, 2)]
    assert frames(path, seconds(0.15, 1.5)) == [(2, None, 2)]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (timeline((0, 3)), "no range of frames counted from 1"),
        (timeline((5, 3)), "no range of frames counted from 1"),
        (timeline((3, 12)), "beyond the clip's 10 frames: .*--column fps=NUMBER"),
        (timeline((11, 11)), "beyond the clip's 10 frames"),
        (seconds(5, 6), "no frame of the clip is shown from 5 s to 6 s"),
        (seconds(0.2, 0.1), "no frame of the clip is shown"),
        (seconds(0.01, 0.02), "no frame of the clip is shown"),
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


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    *map(
        st.just, ("../../p1_R1.mp4", [], {}, [None, {"start": 1}], {"start": "x", "end": 10**400})
    ),
)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All places in a JSON value."""
    lists = enumerate(value) if isinstance(value, list) else ()
    inside = value.items() if isinstance(value, dict) else lists
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
