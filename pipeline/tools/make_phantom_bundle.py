"""Makes the bundle that ships with lusscore: trained on a phantom, it says nothing of patients.

    python pipeline/tools/make_phantom_bundle.py pipeline/lusscore/models/phantom

Renders the phantom cohort, computes embeddings of every frame with the bundled network, chooses
nothing (head and levels are those that docs/phantom.md found good), cross-validates, trains.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import tomlkit

LEVELS = ("16.top", "16.middle", "16.bottom")


def make(output: Path, work: Path) -> None:
    """Run the commands that a user would, in the folder `work`."""
    places = ["--data-dir", str(work / "data"), "--features-dir", str(work / "features")]
    card = work / "data" / "phantom" / "cohort.toml"
    if not card.exists():
        _run("phantom", "--data-dir", str(work / "data"))
        document = tomlkit.parse(card.read_text(encoding="utf-8"))
        document["extraction"].update(frames="all", variants=0, levels=list(LEVELS))  # type: ignore[union-attr]
        card.write_text(tomlkit.dumps(document), encoding="utf-8")
    _run("features", "phantom", "--data-dir", str(work / "data"), *places[2:])
    _run(
        *("train", "phantom", *places, "--results-dir", str(work / "results")),
        *("--head", "logistic", "--set", "C=0.1", "--levels", "+".join(LEVELS)),
        *("--output", str(output), "--overwrite"),
    )


def _run(*arguments: str) -> None:
    print("lusscore", *arguments, flush=True)
    subprocess.run([sys.executable, "-m", "lusscore", *arguments], check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("output", type=Path, help="Folder of the bundle; replaced if there.")
    parser.add_argument(
        "--work", type=Path, help="Keeps cohort, embeddings and run there, and goes on."
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        make(given.output, given.work or Path(temporary))
