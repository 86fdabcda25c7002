import subprocess
import sys
import time
from pathlib import Path

import pytest

from lusscore.cohort import Card, Segment, read_cohort, write_cohort
from lusscore.errors import CohortError
from lusscore.labelling import hold_cohort as module
from lusscore.labelling.hold_cohort import hold_cohort


def test_who_does_not_get_hold_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    with hold_cohort(tmp_path):
        with pytest.raises(CohortError, match="being written by another process"):
            with hold_cohort(tmp_path):
                pass
    with hold_cohort(tmp_path):
        pass


@pytest.mark.slow
def test_a_process_killed_at_any_moment_leaves_a_whole_manifest(tmp_path: Path) -> None:
    segments = [Segment(f"c{n}.mp4", f"p{n}", "1", "R1", None) for n in range(1000)]
    write_cohort(tmp_path, Card("many", "blue-6", "unknown"), segments)
    writer = Path(__file__).parent / "label_process.py"
    for wait in (0.0, 0.01, 0.1):
        # those before are labelled already, which would change nothing
        clips = [
            one for one in read_cohort(tmp_path, check_files=False).segments if one.score is None
        ]
        before = (tmp_path / "manifest.csv").read_bytes()
        process = subprocess.Popen(
            [sys.executable, writer, "record", tmp_path, "anna", *[one.clip for one in clips]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        process.stdin.write(b"go\n")
        process.stdin.flush()
        until = time.monotonic() + 60
        while (tmp_path / "manifest.csv").read_bytes() == before and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(wait)
        process.kill()
        process.communicate()
        found = read_cohort(tmp_path, check_files=False).segments
        assert [one.clip for one in found] == [one.clip for one in segments]
        assert 0 < sum(one.score is not None for one in found) < 1000
        for one in tmp_path.glob(".*.tmp"):
            one.unlink()
