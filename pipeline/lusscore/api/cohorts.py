"""Cohorts: read, or brought in from a labelled data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lusscore.api.places import Place, counted, folder_of
from lusscore.cohort import CARD_NAME, Cohort, ExtractionSettings
from lusscore.cohort import read_cohort as _read_cohort
from lusscore.errors import CohortError

if TYPE_CHECKING:
    from lusscore.cohort import Consensus, Imported
    from lusscore.privacy import Deidentified


def read_cohort(
    folder: Place, *, data_dir: Place | None = None, check_files: bool = True
) -> Cohort:
    """Read a cohort's card and manifest.

    Parameters
    ----------
    folder
        The cohort's folder, or its name under `data_dir`.
    data_dir
        Folder of all cohorts.
    check_files
        Whether every clip of the manifest must be there.

    Raises
    ------
    CohortError
        If there is no such cohort, card or manifest are not valid, or card and folder disagree
        on the cohort's name. All that is wrong in a file is named at once.
    """
    place = Path(folder)
    if not (place / CARD_NAME).is_file():
        place = folder_of(data_dir, "data") / folder
    found = _read_cohort(place, check_files=check_files)
    name = place.resolve().name
    if found.name != name:
        raise CohortError(
            f"the card names the cohort {found.name!r} but its folder is {name!r}; feature files "
            "go by that name",
            path=place / CARD_NAME,
            advice="make both the same",
        )
    return found


@dataclass(frozen=True)
class ImportedCohort(Cohort):
    """A cohort just brought in, and what was found on the way.

    Attributes
    ----------
    imported
        What the importer read, with notes and the files that it ignored.
    consensus
        How the scores of several raters became one.
    copies
        The de-identified copies, where they were asked for.
    key_file
        What pseudonyms stand for, where there are any.
    """

    imported: Imported
    consensus: Consensus
    copies: Deidentified | None = None
    key_file: Path | None = None


def import_cohort(
    importer: str,
    source: Place,
    *,
    name: str | None = None,
    protocol: str | None = None,
    rubric: str | None = None,
    media: Place | None = None,
    columns: Mapping[str, str] | None = None,
    rule: str | None = None,
    allow_missing: bool = False,
    extraction: ExtractionSettings | None = None,
    deidentify: bool = False,
    key_file: Place | None = None,
    jobs: int = 1,
    overwrite: bool = False,
    data_dir: Place | None = None,
    progress: bool = True,
) -> ImportedCohort:
    """Bring a labelled data set in as a cohort.

    Clips stay where they are, unless `deidentify` copies them.

    Parameters
    ----------
    importer
        How to read `source`, by name: ``"folders"``, ``"csv"``, ``"cvat"``, …; ``lusscore import
        --help`` lists them.
    source
        A folder, or a file of labels.
    name
        Of the cohort; by default the importer's, and ``"cohort"`` with `deidentify`.
    protocol, rubric
        Zones, and the rule by which scores were given, where the source does not tell.
    media
        Folder of the clips, where they do not lie beside the labels.
    columns
        Our word for a column → theirs: ``{"zone": "Location"}``.
    rule
        How several raters' scores become one: ``"majority"`` (default), ``"mean"`` or
        ``"rater:NAME"``.
    allow_missing
        Whether clips that labels name may be missing; ``imported.missing`` then has them.
    extraction
        What stage one computes of each frame.
    deidentify
        Copy clips without names and metadata, and replace patients' names by pseudonyms.
    key_file
        What pseudonyms stand for, kept apart from the cohort; by default ``keys/<name>.csv``.
    jobs
        Copies made at once.
    overwrite
        Replace card and manifest of a cohort of that name.
    data_dir
        Folder of all cohorts.
    progress
        Whether to show it.

    Raises
    ------
    CohortError
        If the source cannot be read as `importer` expects, with all that is wrong in it, or there
        is a cohort of that name.
    PrivacyError
        If clips cannot be copied without names.
    """
    from lusscore.cohort import ImportOptions, consensus_labels, get_importer, write_cohort

    if key_file is not None and not deidentify:
        raise CohortError("--key-file is for --deidentify; give both or neither.")
    options = ImportOptions(
        # a folder is often named after the one whose recordings it holds
        name=name or ("cohort" if deidentify else None),
        protocol=protocol,
        rubric=rubric,
        extraction=extraction or ExtractionSettings(),
        columns=dict(columns or {}),
        media=None if media is None else Path(media),
        allow_missing=allow_missing,
    )
    imported = get_importer(importer)(Path(source), options)
    folder = folder_of(data_dir, "data") / imported.card.name
    if (folder / CARD_NAME).exists() and not overwrite:
        raise CohortError(
            "it holds a cohort", path=folder, advice="choose another --name, or use --overwrite"
        )
    consensus = consensus_labels(imported.segments, rule)
    imported = replace(imported, segments=consensus.segments)
    copies = None
    if deidentify:
        from lusscore.privacy import deidentify as copy

        key_file = Path(key_file or Path("keys") / f"{imported.card.name}.csv")
        with counted("Copying clips", "clips", progress) as update:
            copies = copy(
                imported, folder, key_file, ratings=consensus.ratings, jobs=jobs, progress=update
            )
        imported = copies.imported
        consensus = replace(consensus, segments=imported.segments, ratings=copies.ratings)
    write_cohort(folder, imported.card, imported.segments, consensus.ratings)
    cohort = _read_cohort(folder)
    return ImportedCohort(
        cohort.folder, cohort.card, cohort.segments, imported, consensus, copies,
        None if key_file is None else Path(key_file),
    )  # fmt: skip
