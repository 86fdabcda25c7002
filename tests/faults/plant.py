"""Plant each fault of ``faults.toml`` in a copy of the code, and see that its tests notice.

Run by hand, before and after a large change; no part of the tests and of CI:

    .venv/bin/python tests/faults/plant.py                  # all faults
    .venv/bin/python tests/faults/plant.py wrong-temperature --output
    .venv/bin/python tests/faults/plant.py --check          # the named tests pass without a fault

A fault is *caught* if a test that it names fails. One that *survived* asks for a better test; one
that *cannot be planted* has moved: find the place where its behaviour is now decided, and correct
`file`, `find` and `replace`. The tree that this file lies in is only read.
"""

from __future__ import annotations

import compileall
import os
import py_compile
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import tomlkit

ROOT = Path(__file__).resolve().parents[2]
FAULTS = Path(__file__).with_name("faults.toml")
CAUGHT, SURVIVED, NO_PLACE = "caught", "SURVIVED", "cannot be planted"
TOO_LONG, NO_TEST = "took too long", "tests do not run"
# What tests read of the repository; everything else stays behind (environment, results, clips).
_COPIED = ("pipeline", "tests", "docs", ".ci", "data/README.md", "features/README.md")
_LARGE = 1 << 20
# Tests must import the copy, whatever is installed; pytest's answer 1 means that tests failed.
_RUN = """
import sys, pytest, lusscore
from pathlib import Path
copy = Path(sys.argv[1])
if copy not in Path(lusscore.__file__).resolve().parents:
    sys.exit(f"{lusscore.__file__} is not the copy in {copy}")
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[2:]]))
"""


@dataclass(frozen=True)
class Fault:
    """Wrong behaviour, and how to bring it about."""

    name: str
    behaviour: str  # in words that stay true when the code moves
    file: str  # below pipeline/lusscore
    find: str  # in the file exactly once
    replace: str
    tests: tuple[str, ...]  # files, or single tests
    hangs: bool = False  # tests that take too long have noticed, too


@dataclass(frozen=True)
class Outcome:
    """What became of a fault, after how many seconds, and what pytest wrote."""

    fault: Fault
    verdict: str
    seconds: float = 0.0
    output: str = ""

    @property
    def by(self) -> str:
        """The first test that failed; empty if none did."""
        return next(iter(named(self.output)), "")


def named(output: str) -> list[str]:
    """Return the tests that pytest's summary names: those that failed or were skipped."""
    return re.findall(r"^(?:FAILED|ERROR|SKIPPED) (tests/.+?)(?: - |$)", output, re.MULTILINE)


def read_faults(names: Sequence[str]) -> list[Fault]:
    """Read the named faults, or all of them if none is named."""
    tables = tomlkit.parse(FAULTS.read_text(encoding="utf-8")).unwrap()["fault"]
    faults = [Fault(**(table | {"tests": tuple(table["tests"])})) for table in tables]
    known = [fault.name for fault in faults]
    if len(set(known)) < len(known):
        raise click.ClickException("Two faults have one name.")
    if unknown := sorted(set(names) - set(known)):
        raise click.ClickException(f"No fault named {', '.join(unknown)}.")
    return [fault for fault in faults if not names or fault.name in names]


def copy_tree(target: Path) -> None:
    """Copy what tests need, and compile it so that an edited file is told by its content."""
    left_out = shutil.ignore_patterns("__pycache__", ".pytest_cache", ".hypothesis")
    for name in _COPIED:
        source, copy = ROOT / name, target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=left_out)
        else:
            shutil.copy2(source, copy)
    for source in ROOT.iterdir():
        if source.is_file():
            shutil.copy2(source, target / source.name)
    mode = py_compile.PycInvalidationMode.CHECKED_HASH
    compileall.compile_dir(target / "pipeline", quiet=1, invalidation_mode=mode)


def _copy_or_link(source: str, target: str) -> None:
    """Copy a file; weights and networks, in which nothing is planted, share their bytes."""
    if Path(source).stat().st_size > _LARGE:
        os.link(source, target)
    else:
        shutil.copy2(source, target)


@contextmanager
def planted(pristine: Path, fault: Fault) -> Iterator[Path | None]:
    """Give a copy that has the fault; None where its text is not there exactly once."""
    with tempfile.TemporaryDirectory(prefix="lusscore-fault-") as folder:
        copy = Path(folder).resolve() / "tree"
        shutil.copytree(pristine, copy, copy_function=_copy_or_link)
        file = copy / "pipeline" / "lusscore" / fault.file
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        if text.count(fault.find) != 1 or fault.find == fault.replace:
            yield None
            return
        file.write_text(text.replace(fault.find, fault.replace), encoding="utf-8")
        yield copy


def run_tests(copy: Path, tests: Sequence[str], timeout: float) -> tuple[int | None, str]:
    """Run tests in a copy; return pytest's exit code, None if it took too long, and its output."""
    environment = os.environ | {
        "PYTHONPATH": str(copy / "pipeline"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-c", _RUN, str(copy), *tests]
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=timeout
        )
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout + done.stderr


def try_fault(pristine: Path, fault: Fault, timeout: float) -> Outcome:
    """Run a fault's tests with it, as far as the first that fails."""
    started = time.perf_counter()
    with planted(pristine, fault) as copy:
        if copy is None:
            return Outcome(fault, NO_PLACE)
        code, output = run_tests(copy, ("-x", *fault.tests), timeout)
    if code is None:
        verdict = CAUGHT if fault.hangs else TOO_LONG
    else:
        verdict = {0: SURVIVED, 1: CAUGHT}.get(code, NO_TEST)
    return Outcome(fault, verdict, time.perf_counter() - started, output)


def check_tests(pristine: Path, faults: Sequence[Fault], timeout: float) -> bool:
    """Run every named test once without any fault; tell of faults whose tests do not pass."""
    tests = dict.fromkeys(test for fault in faults for test in fault.tests)
    options = ("-rfEs", "--no-fold-skipped")
    code, output = run_tests(pristine, (*options, *tests), timeout * len(faults))
    bad = [
        (fault.name, name)
        for name in named(output)
        for fault in faults
        if any(name == test or name.startswith((f"{test}[", f"{test}::")) for test in fault.tests)
    ]
    for fault_name, name in bad:
        click.echo(f"{fault_name:<44} not passed: {name}")
    if code != 0:
        click.echo(output)
    click.echo(f"{len(faults) - len({name for name, _ in bad})} of {len(faults)}: tests pass.")
    return code == 0 and not bad


@click.command(help=__doc__.partition("\n")[0] if __doc__ else None)
@click.argument("names", nargs=-1)
@click.option("--check", is_flag=True, help="Run the named tests without any fault.")
@click.option("--jobs", default=2, show_default=True, help="Faults tried at once.")
@click.option("--timeout", default=180.0, show_default=True, help="Seconds for one fault's tests.")
@click.option("--output", is_flag=True, help="Show what pytest wrote.")
def main(names: tuple[str, ...], check: bool, jobs: int, timeout: float, output: bool) -> None:
    """Try faults and end with exit code 1 unless all are caught."""
    faults = read_faults(names)
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="lusscore-pristine-") as folder:
        pristine = Path(folder).resolve()
        copy_tree(pristine)
        if check:
            sys.exit(0 if check_tests(pristine, faults, timeout) else 1)
        with ThreadPoolExecutor(jobs) as pool:
            found = pool.map(lambda fault: try_fault(pristine, fault, timeout), faults)
            for outcome in found:
                wrong += outcome.verdict != CAUGHT
                fault = outcome.fault
                click.echo(
                    f"{fault.name:<44} {outcome.verdict:<18} {outcome.seconds:6.1f} s  {outcome.by}"
                )
                if outcome.verdict != CAUGHT:
                    click.echo(f"    {fault.behaviour} ({fault.file})")
                if output or outcome.verdict == NO_TEST:
                    click.echo(outcome.output)
    click.echo(f"{len(faults) - wrong} of {len(faults)}: {CAUGHT}.")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
