"""What the clips show and hold: identifiers, text, blank and repeated frames, sizes and rates."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from lusscore.checks.findings import Finding, about_clips, register_check, they_have
from lusscore.checks.inspection import ClipLook, Inspection
from lusscore.sector import sector_mask
from lusscore.wording import percent, plural, some

# Sector policies that hide text, by where it is.
_HIDING = {"inside": ("sector-no-text",), "outside": ("sector", "sector-no-text")}
_MANY_REPEATS = 0.1
# The smallest input of the networks of the method (ResNet50, VGG16) is 224 × 224.
_SMALL = 224
_SHORT = 10
_NAMES_SHOWN, _VALUES_SHOWN, _FRAMES_NAMED = 12, 4, 8
_DEIDENTIFY = "Import the recordings with --deidentify before they are shared."
_PREVIEW = "Look at them with 'lusscore check --preview'"


@register_check("identifiers-present", "declared-burned-in", needs="headers")
def check_identifiers(inspection: Inspection) -> Iterator[Finding]:
    """Name the tags and fields that can identify a patient; never what they hold."""
    known = {look.clip: look.facts for look in inspection.clips if look.facts is not None}
    names = Counter(name for facts in known.values() for name in facts.identifiers)
    shown = ", ".join(f"{name} ({count:,})" for name, count in names.most_common(_NAMES_SHOWN))
    more = f" and {len(names) - _NAMES_SHOWN} others" if len(names) > _NAMES_SHOWN else ""
    holding = [clip for clip, facts in known.items() if facts.identifiers]
    yield from about_clips(
        "warning",
        "identifiers-present",
        holding,
        f"{they_have(holding, 'clip')} fields that can identify the patient: {shown}{more}.",
        _DEIDENTIFY,
    )
    declared = [clip for clip, facts in known.items() if facts.burned_in]
    yield from about_clips(
        "warning",
        "declared-burned-in",
        declared,
        f"{they_have(declared, 'DICOM file')} a header that states that the pixels identify "
        "the patient.",
        _DEIDENTIFY,
    )


@register_check("sector-not-found", needs="frames")
def check_sector(inspection: Inspection) -> Iterator[Finding]:
    """Find clips for which the whole image stands in for the sector."""
    whole = [
        look.clip for look in inspection.clips if look.sector and look.sector.source == "whole"
    ]
    yield from about_clips(
        "warning",
        "sector-not-found",
        whole,
        f"In {plural(len(whole), 'clip')} no sector was found, so the network sees the whole "
        "image, with whatever is written in it.",
        f"{_PREVIEW}, and crop them before import if needed.",
    )


@register_check("text-inside-sector", "text-outside-sector", needs="frames")
def check_text(inspection: Inspection) -> Iterator[Finding]:
    """Find text and other overlays, and say whether the card's sector policy hides them."""
    policy = inspection.cohort.card.extraction.sector
    for place, hiding in _HIDING.items():
        clips = [look.clip for look in inspection.clips if _has_text(look, place)]
        hidden = policy in hiding
        effect = "is hidden" if hidden else "can be read by a network"
        yield from about_clips(
            "note" if hidden else "warning",
            f"text-{place}-sector",
            clips,
            f"{they_have(clips, 'clip')} text or other overlays {place} the sector, which {effect} "
            f"under the card's sector policy {policy!r}.",
            "Check with 'lusscore check --preview' that all of it was found."
            if hidden
            else 'Write sector = "sector-no-text" under [extraction] in cohort.toml.',
        )


def _has_text(look: ClipLook, place: str) -> bool:
    """Tell whether any overlay touches the sector, or any lies at least partly outside."""
    if look.sector is None:
        return False
    mask = sector_mask(look.sector)
    parts = [mask[box.top : box.bottom, box.left : box.right] for box in look.sector.text]
    return any(bool(part.any()) if place == "inside" else not part.all() for part in parts)


@register_check("blank-frames", "repeated-frames", needs="frames")
def check_pictures(inspection: Inspection) -> Iterator[Finding]:
    """Find clips with frames of one colour, or with many that repeat the one before."""
    blank = {look.clip: look.seen.blank for look in inspection.clips if look.seen.blank}
    first = some([str(number) for number in next(iter(blank.values()), ())], _FRAMES_NAMED)
    yield from about_clips(
        "warning",
        "blank-frames",
        blank,
        f"{they_have(blank, 'clip')} frames without a picture, which carry the clip's label all "
        f"the same: in the first, of every third frame, {first}.",
        "Leave these frames out with frame_start and frame_end in the manifest.",
    )
    surveys = {look.clip: look.survey for look in inspection.clips if look.survey}
    repeats = sum(len(survey.repeats) for survey in surveys.values())
    frames = sum(survey.frames for survey in surveys.values())
    repeated = [
        clip
        for clip, survey in surveys.items()
        if len(survey.repeats) > _MANY_REPEATS * survey.frames
    ]
    yield from about_clips(
        "note",
        "repeated-frames",
        repeated,
        f"In {plural(len(repeated), 'clip')} more than {percent(_MANY_REPEATS, 0)} of the "
        f"frames repeat the one before ({percent(repeats / max(1, frames), 0)} of all frames of "
        "the cohort), as when a recording was exported at a higher rate.",
        'Set repeated = "drop" in the card, or take fewer frames.',
    )


@register_check("low-resolution", "mixed-sizes", needs="headers")
def check_sizes(inspection: Inspection) -> Iterator[Finding]:
    """Find small frames, and frames of several sizes."""
    sizes = {
        look.clip: (look.facts.width, look.facts.height) for look in inspection.clips if look.facts
    }
    small = [clip for clip, size in sizes.items() if min(size) < _SMALL]
    yield from about_clips(
        "warning",
        "low-resolution",
        small,
        f"{they_have(small, 'clip')} frames of fewer than {_SMALL} pixels a side, which networks "
        "see enlarged.",
        "Export them in the size in which they were recorded.",
    )
    counts = Counter(f"{width} × {height}" for width, height in sizes.values())
    if len(counts) > 1:
        what = f"Frames have {len(counts):,} sizes, most often: {_most_common(counts)}."
        yield Finding("note", "mixed-sizes", what)


@register_check("single-frame-clips", "short-clips", needs="frames")
def check_lengths(inspection: Inspection) -> Iterator[Finding]:
    """Find stills, and clips of few frames."""
    frames = {look.clip: look.survey.frames for look in inspection.clips if look.survey}
    single = [clip for clip, count in frames.items() if count == 1]
    yield from about_clips(
        "note",
        "single-frame-clips",
        single,
        f"{they_have(single, 'clip')} a single frame; the sector of a still, and text in it, "
        "cannot be found by motion.",
        f"{_PREVIEW}.",
    )
    short = [clip for clip, count in frames.items() if 1 < count < _SHORT]
    yield from about_clips(
        "note", "short-clips", short, f"{they_have(short, 'clip')} fewer than {_SHORT} frames."
    )


@register_check("mixed-frame-rates", needs="headers")
def check_rates(inspection: Inspection) -> Iterator[Finding]:
    """Compare the frame rates of all clips that have one."""
    rates = [look.facts.frame_rate for look in inspection.clips if look.facts]
    counts = Counter(str(round(rate)) for rate in rates if not math.isnan(rate))
    if len(counts) > 1:
        yield Finding(
            "note",
            "mixed-frame-rates",
            f"Clips have {len(counts):,} frame rates, most often, in frames per second: "
            f"{_most_common(counts)}.",
            advice="A frames policy by number takes more frames per second of some than of "
            "others; per-second:n does not.",
        )


def _most_common(counts: Counter[str]) -> str:
    return ", ".join(f"{value} ({count:,})" for value, count in counts.most_common(_VALUES_SHOWN))
