from dataclasses import replace

import numpy as np
import pytest

from exam_maker import failed, make_reading, scored
from lusscore.report.exam.names import shown_error, shown_name, zone_source

PATH = "exams/Jane Roe/Doe, John.mp4"


@pytest.mark.parametrize(
    "error",
    [
        f"{PATH}: is no video.",
        f"Cannot read /srv/ana/{PATH}, which is truncated.",
        f"Cannot read 'C:\\Users\\ana\\{PATH}'.",
        "Cannot read 'Doe, John.mp4'.",
        "Frame 3 of Doe, John cannot be decoded.",
        "'Doe, John.mp4' in 'Jane Roe' is damaged.",
    ],
)
def test_errors_tell_no_name(error):
    told = shown_error(failed(1, "", error, path=PATH), show_names=False)
    assert not any(word in told for word in ("Jane", "Roe", "Doe", "John", "ana", "srv", "Users"))
    assert told[0].isupper()


def test_errors_tell_the_files_name_where_it_is_asked_for_but_never_folders():
    error = f"Cannot read '/srv/ana/{PATH}' in 'Jane Roe'."
    told = shown_error(failed(1, "", error, path=PATH), show_names=True)
    assert "Doe, John.mp4" in told
    assert "Jane" not in told
    assert "ana" not in told


def test_words_that_hold_a_name_stay_whole():
    told = shown_error(failed(1, "", "The annotation of ann.mp4 is bad.", path="ann.mp4"), False)
    assert told == "The annotation of the file is bad."


def test_a_clip_goes_by_its_file_only_where_that_is_asked_for():
    clip = scored(1, "", make_reading(np.random.default_rng(0), 0, frames=1), path=PATH)
    assert shown_name(clip, show_names=False) == ""
    assert shown_name(clip, show_names=True) == "Doe, John.mp4"


@pytest.mark.parametrize(
    ("source", "words"),
    [("file name", "from file name"), ("person", "assigned by a person"), ("DICOM", "from DICOM")],
)
def test_what_told_the_zone_is_said(source, words):
    clip = failed(1, "R1", "")
    assert zone_source(replace(clip, clip=replace(clip.clip, zone_source=source))) == words
