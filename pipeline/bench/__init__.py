"""Speed and memory on this machine, as ratios against a baseline of the same run."""

# isort: off
from bench.report import BenchRow, write_rows
from bench.suite import BenchSettings, Suite, get_suites, register_suite, suite_names

# the order of the imports is the order of the suites
from bench import start_up as _start_up  # noqa: F401
from bench import stage_one as _stage_one  # noqa: F401
from bench import memory as _memory  # noqa: F401
from bench import stage_two as _stage_two  # noqa: F401
from bench import scoring as _scoring  # noqa: F401
from bench import precision as _precision  # noqa: F401
from bench import scale_out as _scale_out  # noqa: F401
from bench import paper as _paper  # noqa: F401

# isort: on
from bench.report import lay_out

__all__ = [
    "BenchRow",
    "BenchSettings",
    "Suite",
    "get_suites",
    "lay_out",
    "register_suite",
    "suite_names",
    "write_rows",
]
