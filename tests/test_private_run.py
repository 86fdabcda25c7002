"""After a de-identified import no file and no word on the screen says who the patients are."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest
import tomlkit
from click.testing import Result

from lusscore.clips import count_frames, digest_clip, read_facts
from lusscore.cohort import Cohort, Segment, read_cohort, write_cohort
from lusscore.errors import ClipError
from privacy.broken import PERSON, write_broken
from privacy.planted import plant, seen


@pytest.mark.slow
def test_no_identifier_is_in_any_file_of_a_full_run(
    lusscore: Callable[..., Result], tiny_backbone: Path, tmp_path: Path
) -> None:
    source = tmp_path / "St. Ursula Hospital"
    strings = plant(source)
    planted = len(seen(source, strings))
    key = tmp_path / "safe" / "key.csv"
    steps = (
        ("import", "folders", source, "--protocol", "blue-6", "--variants", 1,
         "--deidentify", "--key-file", key),
        ("check", "cohort", "--html", tmp_path / "results" / "check.html"),
        ("features", "cohort", "--backbone", tiny_backbone),
        (
            *("cv", "cohort", "--backbone", tiny_backbone, "--folds", 2, "--run", "cv"),
            *("--set", "epochs=1"),
        ),
        ("report", tmp_path / "results" / "cohort" / "cv"),
        ("verify", "cohort"),
        ("status", "cohort"),
    )  # fmt: skip
    (tmp_path / "results").mkdir()
    screen = tmp_path / "results" / "screen.txt"
    for step in steps:
        done = lusscore(*step)
        assert done.exit_code in (0, 2 if step[0] == "check" else 0), done.output
        with screen.open("a", encoding="utf-8") as file:
            file.write(done.output)
    assert (tmp_path / "results" / "cohort" / "cv" / "report.html").exists()
    assert (tmp_path / "results" / "check.html").exists()
    for folder in ("data", "features", "results"):
        assert seen(tmp_path / folder, strings) == []
    # the search finds what is there, and the key file alone leads back
    assert planted > len(strings)
    assert "Quistgaard" in key.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "told",
    [
        OSError(errno.EIO, "Input/output error", "/clinic/Xanthippe/a.mp4"),
        OSError("cannot reach /clinic/Xanthippe/a.mp4"),
        PermissionError(errno.EACCES, "Permission denied", "C:\\Users\\Xanthippe\\a.mp4"),
    ],
)
def test_what_an_operating_system_says_of_a_clip_is_told_without_the_path_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: OSError
) -> None:
    clip = tmp_path / "Xanthippe" / "a.mp4"
    clip.parent.mkdir()
    clip.write_bytes(b"no video")

    def refuse(*arguments: object, **more: object) -> None:
        raise told

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "stat", refuse)
    for ask in (digest_clip, read_facts, count_frames):
        with pytest.raises(ClipError) as caught:
            ask(clip)
        assert "Xanthippe" not in caught.value.without_path()
        assert str(caught.value).startswith(f"{clip}: ")


def test_the_key_file_has_a_place_of_its_own_and_gives_the_same_pseudonyms_again(
    lusscore: Callable[..., Result], tmp_path: Path
) -> None:
    plant(tmp_path / "source", 1)
    arguments = ("import", "folders", "source", "--protocol", "blue-6", "--deidentify", "--json")
    first = json.loads(lusscore(*arguments).stdout)
    assert first["cohort"] == "cohort"
    assert (tmp_path / "keys" / "cohort.csv").exists()
    segments = read_cohort(Path("data/cohort")).segments
    assert all(segment.patient.startswith("P-") for segment in segments)
    again = lusscore(*arguments, "--overwrite")
    assert json.loads(again.stdout) == first
    assert read_cohort(Path("data/cohort")).segments == segments


def test_a_key_file_beside_the_data_is_refused_and_nothing_is_written(
    lusscore: Callable[..., Result], tmp_path: Path
) -> None:
    plant(tmp_path / "source", 1)
    done = lusscore(
        "import", "folders", "source", "--protocol", "blue-6", "--deidentify",
        "--key-file", "data/key.csv",
    )  # fmt: skip
    assert done.exit_code == 2
    assert "lies inside the data folder" in done.output
    assert not Path("data").exists()


def test_a_clip_that_cannot_be_copied_is_told_by_its_pseudonym(
    lusscore: Callable[..., Result], tmp_path: Path
) -> None:
    plant(tmp_path / "source", 2)
    broken = next((tmp_path / "source").rglob("*.mp4"))
    broken.write_bytes(b"nothing")
    done = lusscore("import", "folders", "source", "--protocol", "blue-6", "--deidentify")
    assert done.exit_code == 1
    assert "Not copied, and not in the cohort: 1" in done.output
    assert "C-" in done.output
    assert "keys/cohort.csv, column 'original'" in " ".join(done.output.replace("\\", "/").split())
    assert broken.stem not in done.output
    assert broken.stem in Path("keys/cohort.csv").read_text(encoding="utf-8")


def test_no_way_in_which_a_clip_fails_tells_whose_it_is(
    lusscore: Callable[..., Result], tmp_path: Path
) -> None:
    plant(tmp_path / "source", 2)
    first = write_broken(tmp_path / "made")[0]
    zone = tmp_path / "source" / f"{PERSON[0]}, {PERSON[1]}" / "R1"
    zone.mkdir(parents=True)
    (tmp_path / "made" / first).parent.rename(zone / "2")
    arguments = ("import", "folders", "source", "--protocol", "blue-6", "--deidentify", "--json")
    done = lusscore(*arguments)
    assert done.exit_code == 1, done.output
    left_out = json.loads(done.stdout)["left_out"]
    assert len(left_out) > 10
    assert all(pseudonym.startswith("C-") for pseudonym in left_out)
    (tmp_path / "left_out").mkdir()
    (tmp_path / "left_out" / "told.json").write_text(json.dumps(left_out), encoding="utf-8")
    for folder in ("left_out", "data"):
        assert seen(tmp_path / folder, list(PERSON)) == []


def test_a_key_file_without_deidentify_is_a_mistake(
    lusscore: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "source").mkdir()
    # said before the import reads anything: an empty folder would be a mistake as well
    done = lusscore("import", "folders", "source", "--key-file", "k.csv")
    assert done.exit_code == 2
    assert "--key-file is for --deidentify" in done.output


@pytest.fixture
def with_broken(tmp_path: Path, make_cohort: Callable[..., Cohort]) -> list[str]:
    """A cohort in a folder named after a person, with clips that fail; what must not be told."""
    place = tmp_path / "Xanthippe" / "data" / "ward"
    cohort = make_cohort(8, name="ward", folder=place)
    broken = write_broken(place)
    # one lies elsewhere
    (elsewhere := tmp_path / PERSON[0] / "x.mp4").parent.mkdir()
    elsewhere.write_bytes(b"no video")
    segments = [
        Segment(
            clip, f"p{number % 8}", "2", "R1", number % 4, group=("healthy", "covid")[number % 2]
        )
        for number, clip in enumerate([*broken, str(elsewhere)])
    ]
    write_cohort(place, cohort.card, [*cohort.segments, *segments])
    return [*PERSON, str(tmp_path)]


def test_nothing_that_is_written_of_clips_that_fail_names_them(
    lusscore: Callable[..., Result], with_broken: list[str], tiny_backbone: Path, tmp_path: Path
) -> None:
    data = tmp_path / "Xanthippe" / "data"
    more = ("--data-dir", data)
    results = tmp_path / "results" / "ward" / "cv"
    (tmp_path / "results").mkdir()
    assert lusscore("check", "ward", "--html", "results/check.html", *more).exit_code == 2
    for clip in read_cohort(data / "ward", check_files=False).clips():
        if not (data / "ward" / clip).exists():
            (data / "ward" / clip).touch()
    done = lusscore("features", "ward", "-b", tiny_backbone, *more)
    assert done.exit_code == 1, done.output
    done = lusscore(
        "cv", "ward", "-b", tiny_backbone, "--folds", 2, "--run", "cv",
        "--set", "epochs=1", *more,
    )  # fmt: skip
    assert done.exit_code in (0, 1), done.output
    with h5py.File(tmp_path / "features" / "ward" / "tiny.h5") as file:
        errors = [error.decode() for error in file["clips/error"][...] if error]
        assert str(tmp_path) not in str(dict(file.attrs))
    assert len(errors) > 15
    skipped = tomlkit.parse((results / "config.toml").read_text("utf-8"))["cohort"]["skipped_clips"]
    assert [entry["error"] for entry in skipped] == errors
    (tmp_path / "told").mkdir()
    (tmp_path / "told" / "errors.txt").write_text("\n".join(errors), encoding="utf-8")
    for page in (tmp_path / "results" / "check.html", results / "report.html"):
        shutil.copy(page, tmp_path / "told")
    shutil.copytree(results / "tables", tmp_path / "told" / "tables")
    assert seen(tmp_path / "told", with_broken) == []
