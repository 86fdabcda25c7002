import re
import time

import pytest

from lusscore import console


def test_brackets_in_a_cell_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_table("T", ("file", ">n"), [("[red]a[1].mp4", "3")])
    assert "[red]a[1].mp4" in capsys.readouterr().out


def test_results_go_to_standard_output_and_remarks_to_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console.say("result")
    console.note("remark")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("result\n", "remark\n")


def test_where_there_is_no_terminal_progress_is_a_line_from_time_to_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "_SECONDS_BETWEEN_LINES", 0.05)
    with console.counter("Decoding", "clips") as update:
        for done in range(6):
            update(done, 10)
            time.sleep(0.04)
    lines = capsys.readouterr().err.splitlines()
    assert lines
    for line in lines:
        assert re.fullmatch(r"Decoding: \d/10 clips, (–|[\d.]+) clips/s(, \d+ s left)?", line)
