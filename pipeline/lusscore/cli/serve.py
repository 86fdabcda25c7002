"""``lusscore serve``."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

import lusscore as ls
from lusscore.cli import options
from lusscore.console import note, say
from lusscore.errors import LusscoreError

if TYPE_CHECKING:
    from lusscore.web import Serving


@click.command("serve")
@options.model
@options.expect
@click.option(
    "--host", default="127.0.0.1", show_default=True,
    help="Address to listen at. Any but this machine's own needs the printed access token; nothing "
    "is encrypted, so prefer an SSH tunnel.",
)  # fmt: skip
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8477, show_default=True,
    help="Port to listen at; 0 takes a free one.",
)  # fmt: skip
@click.option(
    "--token", "ask_token", is_flag=True,
    help="Ask for an access token on this machine too, where others are logged in.",
)  # fmt: skip
@click.option(
    "--max-upload", type=click.IntRange(1), default=2000, show_default=True, metavar="MB",
    help="Largest size of the clips of one exam.",
)  # fmt: skip
@click.option("--threads", type=click.IntRange(1), default=None, help="CPU threads.")
@click.option("--open/--no-open", "open_page", default=True, help="Open the page in a browser.")
@options.data_dir
@options.features_dir
@options.results_dir
def command(
    model: str,
    expect: str | None,
    host: str,
    port: int,
    ask_token: bool,
    max_upload: int,
    threads: int | None,
    open_page: bool,
    data_dir: Path,
    features_dir: Path,
    results_dir: Path,
) -> None:
    """Score exams on a local web page: drop clips, see scores and evidence, save labels.

    The page is served from this machine alone and needs no network. Dropped clips lie in a
    temporary folder and are deleted when the exam is closed, when nobody has looked at it for an
    hour, or when the server stops (Ctrl-C). Labels are saved into cohorts under --data-dir.

    \b
      lusscore serve
      lusscore serve --model ward-7 --port 0

    Research use only: this is not a medical device.
    """
    from lusscore.web import Limits, ServeSettings, serve

    loaded = ls.load_model(model, expect=expect, threads=threads, results_dir=results_dir)
    bundle = loaded.bundle
    settings = ServeSettings(
        host=host,
        port=port,
        data_dir=data_dir,
        features_dir=features_dir,
        results_dir=results_dir,
        limits=Limits.of_exam(max_upload),
        ask_token=ask_token,
    )

    def ready(serving: Serving) -> None:
        say(f"Open {serving.address}")
        say(f"Model: {bundle.name} {bundle.digest[:12]}. Research use only. Ctrl-C stops.")
        if not settings.on_this_machine:
            note(
                "Note: nothing is encrypted, the token in the address neither; whoever has the "
                "address may use the page."
            )
        sys.stdout.flush()
        if open_page and _has_screen():
            click.launch(serving.address)

    serve(loaded, settings, ready=ready, on_bug=_show)
    say("Stopped; all uploads are deleted.")


def _has_screen() -> bool:
    """Whether a browser would open in a window, and not in this terminal."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _show(error: BaseException) -> None:
    if isinstance(error, LusscoreError):
        note(f"Error: {error}")
    else:
        note("".join(traceback.format_exception(error)))
