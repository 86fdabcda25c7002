from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from bundle_tamper import lay_out, record_changed
from lusscore.models import Bundle, to_files, write_bundle
from score_output import told


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nowhere"], "nowhere"),
        (["empty"], "No clip of an exam is in empty"),
        (["text"], "No clip of an exam is in text; 1 file of another kind is there"),
        ([], "Missing argument 'EXAM...'"),
        (["clip", "--expect", "0" * 64], "digest"),
        (["clip", "--zones", "none.csv"], "none.csv"),
        (["clip", "--threads", "0"], "--threads"),
    ],
)
def test_what_cannot_run_is_a_sentence_with_exit_code_2_and_leaves_nothing(
    score: Callable[..., Result], exam: Path, arguments: list[str], expected: str
) -> None:
    Path("empty").mkdir()
    Path("text").mkdir()
    Path("text/notes.txt").write_text("no clip", encoding="utf-8")
    given = [next(exam.iterdir()) if each == "clip" else each for each in arguments]
    result = score(*given)
    assert result.exit_code == 2
    assert expected in told(result)
    assert "Traceback" not in result.output
    assert not Path("results").exists()


def test_a_bundle_of_the_expected_digest_scores(
    score: Callable[..., Result], exam: Path, bundle: Bundle
) -> None:
    assert score(exam, "--expect", bundle.digest).exit_code == 0


def test_a_bundle_is_found_by_its_name_under_the_results(
    lusscore: Callable[..., Result], exam: Path, bundle: Bundle
) -> None:
    write_bundle(bundle, Path("results/bundles/packed.zip"))
    assert lusscore("score", exam, "--model", "packed").exit_code == 0
    result = lusscore("score", exam, "-m", "other")
    assert result.exit_code == 2
    assert "'other': no bundle" in told(result)
    assert "packed.zip" in told(result)


def test_a_bundle_that_was_changed_is_refused_before_anything_is_read(
    lusscore: Callable[..., Result], exam: Path, bundle: Bundle, tmp_path: Path
) -> None:
    files = to_files(bundle)
    lay_out({**files, "arrays.npz": files["arrays.npz"][:-1] + b"x"}, tmp_path / "changed")
    wrong = record_changed(files, lambda record: record.update(protocol="blue-7"))
    lay_out(wrong, tmp_path / "wrong")
    (tmp_path / "no-bundle").mkdir()
    for name in ("changed", "wrong", "no-bundle"):
        result = lusscore("score", exam, "--model", tmp_path / name)
        assert result.exit_code == 2, name
        assert name in result.output
        assert "Traceback" not in result.output
    assert not Path("results").exists()


def test_a_place_that_takes_no_files_is_a_sentence(
    score: Callable[..., Result], exam: Path
) -> None:
    Path("full").mkdir()
    Path("full/zones.csv").mkdir()
    result = score(exam, "--output", "full")
    assert result.exit_code == 2
    assert "full/zones.csv: it cannot be written (" in told(result)
    assert not [path for path in Path("full").iterdir() if path.name.startswith(".")]
    Path("file").touch()
    assert score(exam, "--output", "file/inside").exit_code == 2


# --- names ----------------------------------------------------------------------------------------
