"""Exports written as CVAT 2.x writes them: 'CVAT for video 1.1' and 'CVAT for images 1.1'."""

import random
import socket
from pathlib import Path
from xml.etree.ElementTree import fromstring, tostring

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from clip_maker import moving_bar, write_video
from cvat_maker import box, image, meta, tag, task, track, write
from imported_rows import told
from lusscore.cohort import consensus_labels, read_cohort, write_cohort
from lusscore.cohort.importers import Imported, ImportOptions, get_importer
from lusscore.errors import CohortError, InvalidCohortError, LusscoreError


def read(source: Path, media: Path | None = None, **columns: str) -> Imported:
    return get_importer("cvat")(source, ImportOptions(media=media, columns=columns))


def export(folder: Path, *elements: str, inside: str = "") -> Path:
    return write(folder / "annotations.xml", inside or task(1), *elements)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    for name in ("p1_R1.mp4", "p2_L3.mp4"):
        write_video(folder / name, moving_bar(10))
    for name in ("p3/R2/f1.png", "p3/R2/f2.png", "p3/R2/f10.png", "p4/a.png", "p4/b.png", "c.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 90).save(folder / name)
    return folder


VIDEO = meta(task(1, source="p1_R1.mp4")) + "".join(
    (
        track(
            *(box(frame, score=2, patient="p1", zone="R1") for frame in (2, 3, 4)),
            *(box(frame, score=3) for frame in (5, 6)),
            box(7, outside=1, score=3),
        ),
        track(box(4, score=2), box(5, outside=1, score=2)),
        "</annotations>\n",
    )
)


def test_boxes_of_a_video_give_their_frames_a_score_until_they_are_outside(
    tmp_path: Path, media: Path
) -> None:
    path = tmp_path / "annotations.xml"
    path.write_text(VIDEO)
    imported = read(path, media)
    assert told(imported) == [
        ("p1", "R1", 2, 2, 5, "anna", "p1_R1.mp4"),
        ("p1", "R1", 3, 5, 7, "anna", "p1_R1.mp4"),
    ]
    assert (imported.card.protocol, imported.card.label_level) == ("blue-6", "frame")
    assert "@" not in repr(imported)
    write_cohort(
        tmp_path / "data" / "a", imported.card, consensus_labels(imported.segments).segments
    )
    assert read_cohort(tmp_path / "data" / "a").segments == imported.segments


def test_tags_of_a_video_come_in_the_format_for_images_with_the_videos_frame_numbers(
    tmp_path: Path, media: Path
) -> None:
    path = write(
        tmp_path / "annotations.xml",
        task(1, source="p1_R1.mp4", size=4, start=1, step="step=2"),
        *(
            image(number, f"frame_{number:06}", *([tag(f"score {score}")] if score else []))
            for number, score in ((1, 2), (3, 2), (5, None), (7, 1))
        ),
    )
    imported = read(path, media, patient=r"task~(P\d)", zone=r"file~[LR]\d")
    # nobody saw the frames between, so they have no score
    assert [
        (s.patient, s.zone, s.score, s.frame_start, s.frame_end) for s in imported.segments
    ] == [
        ("P1", "R1", 2, 1, 2),
        ("P1", "R1", 2, 3, 4),
        ("P1", "R1", 1, 7, 8),
    ]


def test_a_project_numbers_the_frames_of_its_tasks_on_and_on(tmp_path: Path, media: Path) -> None:
    tasks = task(1, source="p1_R1.mp4", user="") + task(2, source="p2_L3.mp4", user="bert")
    project = f"<project><id>9</id><name>lus</name><tasks>{tasks}</tasks></project>"
    path = write(
        tmp_path / "annotations.xml",
        project,
        track(box(0, score=1), box(1, outside=1), more=' task_id="1" subset="default"'),
        track(box(12, score=3), box(13, outside=1), more=' task_id="2" subset="default"'),
    )
    assert told(read(path, media, patient=r"file~p\d")) == [
        ("p1", "", 1, 0, 1, "", "p1_R1.mp4"),
        ("p2", "", 3, 2, 3, "bert", "p2_L3.mp4"),
    ]


def test_frames_of_a_project_go_on_counting_within_a_subset(tmp_path: Path, media: Path) -> None:
    # a task with a step counts the frames it leaves out, and another subset begins anew
    tasks = (
        task(1, source="p1_R1.mp4", size=3, start=3, step="step=2")
        + task(2, source="p2_L3.mp4", size=9)
        + task(3, source="p1_R1.mp4").replace("default", "test")
    )
    path = export(
        tmp_path,
        *(
            track(box(frame, score=1), more=f' task_id="{number}"')
            for number, frame in ((1, 5), (2, 3 + 6 + 4), (3, 2))
        ),
        inside=f"<project><tasks>{tasks}</tasks></project>",
    )
    segments = read(path, media, patient=r"file~p\d").segments
    assert [(s.patient, s.frame_start) for s in segments] == [("p1", 5), ("p2", 4), ("p1", 2)]


def test_two_tasks_of_one_video_are_two_raters(tmp_path: Path, media: Path) -> None:
    for number, user in ((1, "anna"), (2, "bert@hospital.example")):
        write(
            tmp_path / f"{number}.xml",
            task(number, source="p1_R1.mp4", user=user),
            track(box(0, score=number), box(1, outside=1)),
        )
    imported = read(tmp_path, media, patient=r"file~p\d")
    assert [(s.score, s.rater) for s in imported.segments] == [(1, "anna"), (2, "annotator 1")]
    assert consensus_labels(imported.segments, "mean").segments[0].score == 2


def test_images_of_one_folder_are_the_frames_of_one_clip(tmp_path: Path, media: Path) -> None:
    path = export(
        tmp_path,
        image(0, "ward/p3/R2/f1.png", tag(score=1, patient="p3", zone="R2")),
        image(1, "ward/p3/R2/f10.png", tag(score=2)),
        image(2, "ward/p3/R2/f2.png", tag(score=1)),
    )
    imported = read(path, media)
    assert told(imported) == [
        ("p3", "R2", 1, 0, 2, "anna", "R2"),
        ("p3", "R2", 2, 2, 3, "anna", "R2"),
    ]


def test_images_of_several_zones_or_of_no_folder_are_a_clip_each(
    tmp_path: Path, media: Path
) -> None:
    path = export(
        tmp_path,
        image(0, "p4/a.png", tag(score=1, patient="p4", zone="R1")),
        image(1, "p4/b.png", tag(score=2, patient="p4", zone="R2")),
        image(2, "c.png", tag(score="__undefined__", patient="p5")),
    )
    assert told(read(path, media)) == [
        ("p4", "R1", 1, 0, None, "anna", "a.png"),
        ("p4", "R2", 2, 0, None, "anna", "b.png"),
        ("p5", "", None, 0, None, "", "c.png"),
    ]


def test_what_a_model_marked_is_no_label(tmp_path: Path, media: Path) -> None:
    path = export(
        tmp_path,
        image(0, "c.png", tag("score 3", source="auto"), tag("score 1", source="semi-auto")),
        image(1, "p4/a.png", tag("score 3", source="auto")),
    )
    imported = read(path, media, patient=r"file~(\w)\.png")
    assert [segment.score for segment in imported.segments] == [1, None]
    assert imported.notes == (
        "2 annotations were made by a model and left out; only people label.",
    )


def test_an_unmarked_image_without_a_patient_is_left_out_and_a_marked_one_is_a_problem(
    tmp_path: Path, media: Path
) -> None:
    known = image(0, "c.png", tag(score=1, patient="p"))
    imported = read(export(tmp_path, known, image(1, "p4/a.png")), media)
    assert (len(imported.segments), imported.ignored) == (1, ("p4/a.png",))
    with pytest.raises(InvalidCohortError, match="task 1, p4/a.png: names no patient"):
        read(export(tmp_path, known, image(1, "p4/a.png", tag(score=1))), media)


def test_all_that_is_wrong_is_named_at_once(tmp_path: Path, media: Path) -> None:
    path = write(
        tmp_path / "annotations.xml",
        f"<project><id>1</id><tasks>{task(1)}{task(2, source='gone.mp4')}</tasks></project>",
        image(0, "c.png", tag(score=1, patient="p"), tag(score=2), more=' task_id="1"'),
        image(1, "p4/a.png", tag(score=4, patient="p4", zone="R9"), more=' task_id="1"'),
        image(2, "p4/b.png", tag(score=5, patient="p4", zone="R1"), more=' task_id="1"'),
        image("x", "c.png", more=' task_id="1"'),  # type: ignore[arg-type]
        image(3, "c.png", more=' task_id="7"'),
    )
    with pytest.raises(InvalidCohortError) as caught:
        get_importer("cvat")(path, ImportOptions(media=media, protocol="blue-6"))
    text = str(caught.value)
    assert len(caught.value.problems) == 6, text
    for words in (
        "has the scores 1 and 2; expected one for the frame",
        "'R9' is not a zone",
        "frame 0: '5' is not allowed",
        "'gone.mp4' is not in",
        "has id='x'; expected a frame number from 0",
        "has frames of task '7', which <meta> does not name",
    ):
        assert words in text


def test_two_patients_in_one_clip_and_frames_beyond_its_end_are_problems(
    tmp_path: Path, media: Path
) -> None:
    path = write(
        tmp_path / "annotations.xml",
        task(1, source="p1_R1.mp4"),
        track(box(0, score=1, patient="a"), box(1, score=1, patient="b"), box(10, score=1)),
    )
    with pytest.raises(InvalidCohortError) as caught:
        read(path, media)
    assert "has the patient 'a', 'b'; expected one for the clip" in str(caught.value)
    assert "frame 10 is scored, but the clip has 10 frames" in str(caught.value)
    assert len(caught.value.problems) == 2


def test_a_job_that_does_not_name_its_video_gets_a_sentence(tmp_path: Path, media: Path) -> None:
    job = task(1).replace("<task>", "<job>").replace("</task>", "</job>")
    path = write(tmp_path / "a.xml", job, image(0, "frame_000000", tag(score=1)))
    with pytest.raises(InvalidCohortError, match="does not name its clip: .*export the task, of"):
        read(path, media)


def test_without_patients_there_is_one_sentence_that_tells_what_to_do(
    tmp_path: Path, media: Path
) -> None:
    path = export(tmp_path, image(0, "c.png", tag(score=1)))
    with pytest.raises(CohortError, match="names no patient under .*--column patient=FIELD"):
        read(path, media)


def test_a_source_without_exports_and_a_word_that_means_nothing_get_a_sentence(
    tmp_path: Path,
) -> None:
    with pytest.raises(CohortError, match="there is no export here.*Unpack the ZIP file"):
        read(tmp_path)
    with pytest.raises(CohortError, match="--column does not know 'zones'; expected one of score"):
        read(tmp_path, zones="x")
    (tmp_path / "folder.xml").mkdir()
    with pytest.raises(CohortError, match="folder.xml: it cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("mark", "chosen", "score"),
    [
        (tag(LUS="score 2", zone="R1"), None, 2),
        (tag(score=""), None, None),
        (tag("score 2"), None, 2),
        (tag("LUS 3", side="left"), None, 3),
        (tag("0"), None, 0),
        (tag(findings=1, score=2), "findings", 1),
        (tag("grade of lung 1"), "grade of lung", 1),
        (tag(value=3), "lung", 3),
        (tag(note="no", score=3), "lung", 3),
        (tag(score=1) + tag("right", score=2), "lung", 1),
        (tag("score 1") + tag("B-line") + tag("L3"), None, 1),
    ],
)
def test_where_a_score_may_stand(
    tmp_path: Path, media: Path, mark: str, chosen: str | None, score: int | None
) -> None:
    columns = {"patient": "file~c"} | ({"score": chosen} if chosen else {})
    (segment,) = read(export(tmp_path, image(0, "c.png", mark)), media, **columns).segments
    assert segment.score == score


@pytest.mark.parametrize(
    ("mark", "chosen", "words"),
    [
        (tag("B", depth=12), None, "neither an attribute nor a label .* one of depth, B"),
        (tag(severity=1, LUS=1, zone="R1"), None, "several attributes .* one of LUS, severity"),
        (tag("B", depth=1), "c", "has no attribute 'c', .*; it has B, depth"),
    ],
)
def test_no_or_several_places_of_a_score_are_asked_about(
    tmp_path: Path, media: Path, mark: str, chosen: str | None, words: str
) -> None:
    columns = {"patient": "file~c"} | ({"score": chosen} if chosen else {})
    with pytest.raises(CohortError, match=words):
        read(export(tmp_path, image(0, "c.png", mark)), media, **columns)


def test_an_export_without_marks_is_unlabelled(tmp_path: Path, media: Path) -> None:
    (segment,) = read(export(tmp_path, image(0, "c.png")), media, patient="file~c").segments
    assert segment.score is None


def test_exports_of_before_2022_name_the_video_beside_the_task(tmp_path: Path, media: Path) -> None:
    path = export(tmp_path, track(box(0, score=1)), inside=task(1) + "<source>p1_R1.mp4</source>")
    assert read(path, media, patient=r"file~p\d").segments[0].score == 1


def test_a_video_that_cannot_be_read_is_left_to_those_who_read_it(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video")
    path = export(tmp_path, track(box(7, score=1)), inside=task(1, source="a.mp4"))
    assert [one.score for one in read(path, patient="file~a", device="file").segments] == [1]


@pytest.mark.parametrize(
    "name", ["../c.png", "p4/../../c.png", "p4", "none.png", "C:", "/", "p4\\none.png"]
)
def test_what_is_no_single_file_below_the_folder_is_a_problem(
    tmp_path: Path, media: Path, name: str
) -> None:
    (tmp_path / "c.png").touch()
    path = export(tmp_path, image(0, name, tag(score=1)), image(1, name, tag(score=1)))
    with pytest.raises(InvalidCohortError, match="--media") as caught:
        read(path, media / "p4", patient="file~.")
    assert len(caught.value.problems) == 1


def test_an_image_does_not_stand_in_for_one_of_its_name_in_another_folder(
    tmp_path: Path, media: Path
) -> None:
    names = ("p4/a.png", "p9/a.png")
    path = export(tmp_path, *(image(n, name, tag(score=1)) for n, name in enumerate(names)))
    with pytest.raises(InvalidCohortError, match="'p9/a.png' is not there, only 'p4/a.png'"):
        read(path, media / "p4", patient="file~.")


LAUGHS = """<!DOCTYPE annotations [
  <!ENTITY a "ha"> <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"> <!ENTITY c "&b;&b;&b;&b;&b;">
]>
<annotations><version>&c;</version></annotations>"""
OUTSIDE = """<!DOCTYPE annotations [<!ENTITY x SYSTEM "SECRET">]>
<annotations><version>&x;</version></annotations>"""


@pytest.mark.parametrize("text", [LAUGHS, OUTSIDE, "<!DOCTYPE annotations><annotations/>"])
def test_document_types_and_their_entities_are_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (tmp_path / "a.xml").write_text(text.replace("SECRET", secret.as_uri()))
    with pytest.raises(CohortError, match="declares a document type"):
        read(tmp_path / "a.xml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not complete XML"),
        ("<annotations><image>", "is not complete XML"),
        ("<annotations>&x;</annotations>", "is not complete XML"),
        ('<?xml version="1.0" encoding="none"?><annotations/>', "is not complete XML"),
        ("<html></html>", "holds <html>, not <annotations>"),
        ("<a>" * 100_000 + "</a>" * 100_000, "holds <a>, not"),
        ("<annotations/>", "<meta>: is missing"),
        ("<annotations><meta/></annotations>", "<meta>: names no <task>"),
    ],
)
def test_what_is_no_export_gets_a_sentence(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(CohortError, match=words):
        read(tmp_path / "a.xml")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.sampled_from(("cut", "drop", "swap", "junk")))
def test_whatever_becomes_of_the_text_is_read_or_gets_a_sentence(
    tmp_path: Path, media: Path, seed: int, damage: str
) -> None:
    dice = random.Random(seed)
    a, b = sorted(dice.sample(range(len(VIDEO)), 2))
    junk = dice.choice(("<box>", "-1", "&x;", '"', "</task>", "99999999999", "\0", "<image/>"))
    lines = VIDEO.splitlines()
    dice.shuffle(lines)
    text = {
        "cut": VIDEO[:a],
        "drop": VIDEO[:a] + VIDEO[b:],
        "swap": "\n".join([*VIDEO.splitlines()[:3], *lines, "</annotations>"]),
        "junk": VIDEO[:a] + junk + VIDEO[a + len(junk) :],
    }[damage]
    path = tmp_path / "annotations.xml"
    path.write_text(text, encoding="utf-8")
    try:
        imported = read(path, media)
    except LusscoreError:
        return
    for segment in imported.segments:
        assert Path(segment.clip).is_relative_to(media)


STRANGE = st.sampled_from(
    ["", "../c.png", "p4", "c.png", "x", "-1", "7", "auto", "1e9", "R1", "\\"]
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 500), STRANGE), min_size=1, max_size=4), st.booleans())
def test_whatever_stands_in_any_value_is_read_or_gets_a_sentence(
    tmp_path: Path, media: Path, changes: list[tuple[int, str]], video: bool
) -> None:
    images = image(0, "p3/R2/f1.png", tag(score=1, patient="p3")) + image(1, "c.png", tag(score=2))
    root = fromstring(VIDEO if video else meta(task(1)) + images + "</annotations>")
    places = [(element, key) for element in root.iter() for key in (None, *element.keys())]
    for number, text in changes:
        element, key = places[number % len(places)]
        if key is None:
            element.text = text
        else:
            element.set(key, text)
    path = tmp_path / "annotations.xml"
    path.write_bytes(tostring(root))
    try:
        imported = read(path, media)
    except LusscoreError:
        return
    for segment in imported.segments:
        assert segment.patient
        assert Path(segment.clip).is_relative_to(media)
