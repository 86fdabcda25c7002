from xml.etree.ElementTree import fromstring

from lusscore.cohort.importers.cvat.tasks import CvatTask, name_assignees, read_tasks
from lusscore.errors import Problem


def tasks(meta: str) -> tuple[CvatTask, ...]:
    return read_tasks(fromstring(f"<annotations><meta>{meta}</meta></annotations>"), [])


def test_the_video_stands_in_the_task_or_in_old_exports_beside_it() -> None:
    inside = "<task><id>1</id><name>n</name><source>a.mp4</source></task>"
    assert tasks(inside) == (CvatTask("1", "n", "a.mp4", ""),)
    assert tasks("<task><id>1</id></task><source>b.mp4</source>")[0].video == "b.mp4"


def test_the_user_name_is_read_and_the_address_is_not() -> None:
    user = "<assignee><username>anna</username><email>a@x.example</email></assignee>"
    (job,) = tasks(f"<job><id>4</id>{user}</job>")
    assert (job.identity, job.assignee) == ("4", "anna")
    assert "@" not in repr(job)


def test_frames_of_a_projects_tasks_go_on_counting_within_a_subset() -> None:
    listed = "".join(
        f"<task><id>{number}</id><size>{size}</size><start_frame>{start}</start_frame>"
        f"<frame_filter>{step}</frame_filter><subset>{subset}</subset></task>"
        for number, size, start, step, subset in (
            (1, 10, 0, "", "train"),
            (2, 5, 3, "step=2", "train"),
            (3, 7, 0, "", "train"),
            (4, 9, 0, "", "test"),
            (5, 1, 0, "", "test"),
        )
    )
    project = tasks(f"<project><tasks>{listed}</tasks></project>")
    assert [task.offset for task in project] == [0, 10, 10 + 3 + 10, 0, 9]


def test_an_export_without_tasks_is_a_problem() -> None:
    for text in ("<annotations/>", "<annotations><meta/></annotations>"):
        problems: list[Problem] = []
        assert read_tasks(fromstring(text), problems) == ()
        assert problems[0].where == "<meta>"


def test_raters_have_user_names_but_no_addresses() -> None:
    users = [CvatTask(str(n), "", "", user) for n, user in enumerate(("anna", "b@x.example", ""))]
    assert name_assignees(users) == {"anna": "anna", "b@x.example": "annotator 1", "": ""}
