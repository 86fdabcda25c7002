import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.report.privacy import file_name, hide_folders, without_clip_folders


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/clinic/ann/study/clip.mp4 is damaged", "…/clip.mp4 is damaged"),
        ("cannot read '/data/John Doe/x.mp4'", "cannot read '…/x.mp4'"),
        ("C:\\Users\\Ann\\x.mp4", "…/x.mp4"),
        ("D:/study/x.mp4", "…/x.mp4"),
        ("\\\\server\\share\\x.mp4", "…/x.mp4"),
        ("~/study/x/y.mp4", "…/y.mp4"),
        ("file:///clinic/ann/x.mp4", "…/x.mp4"),
        ("Invalid data:/clinic/ann/x.mp4", "Invalid data:…/x.mp4"),
        ("lusscore cv /srv/data/blues --folds 3", "lusscore cv …/blues --folds 3"),
    ],
)
def test_folders_of_absolute_paths_are_hidden(text, expected):
    assert hide_folders(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "data/phantom",
        "https://doi.org/10.1000/xyz/abc",
        "see http://a.b/c/d.",
        "frames/s and/or",
        "3 / 5 / 7",
        "score 0–3",
        "Bouhemad et al. 2011; Raillard et al. 2022",
    ],
)
def test_relative_paths_addresses_and_prose_stay(text):
    assert hide_folders(text) == text


_folder = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)


@given(st.lists(_folder, min_size=1, max_size=4))
def test_no_folder_of_an_absolute_path_is_left(folders):
    hidden = hide_folders(f"Cannot open /{'/'.join(folders)}/x.mp4.")
    assert hidden == "Cannot open …/x.mp4."


@pytest.mark.parametrize("clip", ["clips/doe_jane/x.mp4", "clips\\doe_jane\\x.mp4", "x.mp4"])
def test_only_a_clips_file_name_is_told(clip):
    assert file_name(clip) == "x.mp4"


@pytest.mark.parametrize(
    "text",
    [
        "/clinic/ann smith/data/clips/doe_jane/x.mp4 cannot be read",
        "clips/doe_jane/x.mp4 cannot be read",
        "x.mp4 cannot be read",
        "/clinic/ann o'brien/(ward 7)/clips/doe_jane/x.mp4 cannot be read",
        "/mnt/other/place/x.mp4 cannot be read",
        "data/ward 7/clips/doe_jane/x.mp4 cannot be read",
        "C:\\Users\\Ann O'Brien\\clips\\doe_jane\\x.mp4 cannot be read",
        "file:///clinic/ann/clips/doe_jane/x.mp4 cannot be read",
    ],
)
def test_an_error_names_its_clip_without_folders(text):
    assert without_clip_folders(text, "clips/doe_jane/x.mp4") == "x.mp4 cannot be read"


@pytest.mark.parametrize(
    "clip", ["/clinic/ann o'brien/doe_jane/x.mp4", "D:\\Ann's clips\\doe_jane\\x.mp4"]
)
def test_a_clip_with_an_absolute_path_is_named_without_it(clip):
    told = without_clip_folders(f"{clip} is empty (0 bytes); see '/srv/log/y.txt'.", clip)
    assert told == "x.mp4 is empty (0 bytes); see '…/y.txt'."
