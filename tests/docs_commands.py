"""Run the commands that the docs promise to be run: fenced blocks marked ``sh run``, in order.

python tests/docs_commands.py
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(r"^```sh run\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands_to_run(page: Path) -> list[str]:
    """List the commands of a page's ``sh run`` blocks."""
    blocks = _BLOCK.findall(page.read_text(encoding="utf-8"))
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def main() -> None:
    """Run every such command of every page, each page in an empty folder of its own."""
    ran = 0
    environment = {**os.environ}
    environment["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    for page in sorted([REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")]):
        commands = commands_to_run(page)
        with tempfile.TemporaryDirectory() as folder:
            for command in commands:
                started = time.perf_counter()
                done = subprocess.run(
                    command, shell=True, cwd=folder, env=environment, capture_output=True, text=True
                )
                print(
                    f"{page.name}: {command}  [{time.perf_counter() - started:.1f} s]", flush=True
                )
                if done.returncode:
                    print(done.stdout, done.stderr)
                    sys.exit(f"{page.name}: {command!r} ended with {done.returncode}")
                ran += 1
    if not ran:
        sys.exit("no commands found: are the blocks still marked 'sh run'?")


if __name__ == "__main__":
    main()
