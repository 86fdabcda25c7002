"""After a de-identified import no file and no word on the screen says who the patients are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from lusscore.cohort import read_cohort
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


def test_the_key_file_has_a_place_of_its_own_and_gives_the_same_pseudonyms_again(
    lusscore: Callable[..., Result], tmp_path: Path
) -> None:
    plant(tmp_path / "source", 1)
    arguments = ("import", "folders", "source", "--protocol", "blue-6", "--deidentify", "--json")
    first = json.loads(lusscore(*arguments).stdout)
    assert first["cohort"] == "cohort"
    assert (tmp_path / "keys" / "cohort.csv").exists()
    spans = read_cohort(Path("data/cohort")).spans
    assert all(span.patient.startswith("P-") for span in spans)
    again = lusscore(*arguments, "--overwrite")
    assert json.loads(again.stdout) == first
    assert read_cohort(Path("data/cohort")).spans == spans


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
    assert "Which file each of them is stands in keys/cohort.csv" in done.output.replace("\\", "/")
    assert broken.stem not in done.output
    assert broken.stem in Path("keys/cohort.csv").read_text(encoding="utf-8")


def test_a_key_file_without_deidentify_is_a_mistake(
    lusscore: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "source").mkdir()
    # said before the import reads anything: an empty folder would be a mistake as well
    done = lusscore("import", "folders", "source", "--key-file", "k.csv")
    assert done.exit_code == 2
    assert "--key-file is for --deidentify" in done.output
