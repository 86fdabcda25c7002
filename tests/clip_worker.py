"""Opens the clips whose paths it is sent, in a process of its own that may crash or hang.

Answers each line with one of its own: ``ok FRAMES``, ``refused SENTENCE`` or ``failed TRACEBACK``.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path

MEMORY = 3 << 30


def limit_memory() -> None:
    """Let no allocation take the process beyond :data:`MEMORY` bytes, where the system can."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except (ImportError, ValueError, OSError):
        pass


def look(path: Path) -> str:
    """Open a clip in every way there is."""
    from lusscore.clips import count_frames, is_clip, open_clip, read_facts
    from lusscore.errors import ClipError

    is_clip(path)
    answers = []
    for ask in (
        read_facts,
        count_frames,
        lambda clip: sum(1 for frame in open_clip(clip) if frame.rgb.shape[2] == 3),
    ):
        try:
            answers.append(str(ask(path)))
        except ClipError as error:
            answers.append(str(error))
            sentence = str(error)
    return f"ok {answers[2]}" if answers[2].isdecimal() else f"refused {sentence}"


def main() -> None:
    """Answer until the input ends."""
    limit_memory()
    for line in sys.stdin:
        try:
            answer = look(Path(json.loads(line)))
        except BaseException:
            answer = f"failed {traceback.format_exc()}"
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
