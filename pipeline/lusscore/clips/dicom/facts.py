"""What a DICOM header says of frame times, regions and the patient."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from lusscore.clips.dicom.header import NotANumberError, decimals, number
from lusscore.clips.frame import Region
from lusscore.wording import plural

# A region of tissue that fills less of the picture is taken for a mistake.
_LEAST = 0.05
_TWO_DIMENSIONAL = 1
_TISSUE = 1
_PRIVATE = "private tags"
_DATES_AND_PERSONS = ("DA", "DT", "TM", "PN")

# From the list of attributes that the Basic Application Level Confidentiality Profile removes or
# replaces: DICOM PS3.15, table E.1-1. Dates, times and names of persons are told by their value
# representation instead; unique identifiers, which name files and not people, are left out.
_LISTED = """
    AccessionNumber AcquisitionComments AcquisitionContextSequence AcquisitionProtocolDescription
    AdditionalPatientHistory AdmissionID AdmittingDiagnosesDescription Allergies
    BranchOfService CassetteID CommentsOnThePerformedProcedureStep
    ConfidentialityConstraintOnPatientDataDescription ContainerDescription ContainerIdentifier
    ContributionDescription CountryOfResidence CurrentPatientLocation CustodialOrganizationSequence
    DerivationDescription DetectorID DeviceSerialNumber DeviceUID DistributionAddress EthnicGroup
    FillerOrderNumberImagingServiceRequest FrameComments GantryID GraphicAnnotationSequence
    ImageComments ImagingServiceRequestComments InstitutionAddress InstitutionName
    InstitutionalDepartmentName InsurancePlanIdentification InterpretationDiagnosisDescription
    InterpretationIDIssuer InterpretationText IssuerOfAdmissionID IssuerOfPatientID
    IssuerOfServiceEpisodeID MedicalAlerts MedicalRecordLocator MilitaryRank
    ModifyingSystem NamesOfIntendedRecipientsOfResults Occupation OriginalAttributesSequence
    OrderCallbackPhoneNumber OrderEntererLocation OtherPatientIDs PatientAddress PatientAge
    PatientComments PatientID PatientInstitutionResidence PatientPrimaryLanguageCodeSequence
    PatientReligiousPreference PatientSex PatientSexNeutered PatientSize PatientSpeciesDescription
    PatientState PatientTelecomInformation PatientTelephoneNumbers PatientTransportArrangements
    PatientWeight PerformedLocation PerformedProcedureStepDescription PerformedProcedureStepID
    PerformedStationAETitle PerformedStationName PersonAddress PersonTelecomInformation
    PersonTelephoneNumbers PhysicianOfRecordAddress PlacerOrderNumberImagingServiceRequest PlateID
    PreMedication PregnancyStatus ProtocolName ReasonForStudy
    ReasonForTheImagingServiceRequest ReasonForTheRequestedProcedure ReferringPhysicianAddress
    ReferringPhysicianTelephoneNumbers RegionOfResidence RequestAttributesSequence
    RequestedContrastAgent RequestedProcedureComments RequestedProcedureDescription
    RequestedProcedureID RequestedProcedureLocation RequestingService ResponsibleOrganization
    ResultsComments ResultsID ResultsIDIssuer ScheduledPatientInstitutionResidence
    ScheduledProcedureStepDescription ScheduledProcedureStepID ScheduledProcedureStepLocation
    ScheduledStationAETitle ScheduledStationName SeriesDescription ServiceEpisodeDescription
    ServiceEpisodeID SmokingStatus SpecialNeeds StationName StudyComments StudyDescription StudyID
    StudyIDIssuer TextComments TextString TimezoneOffsetFromUTC VisitComments
"""
_KEYWORDS = frozenset(_LISTED.split())
_REPLACED = frozenset(("PatientName", "PatientID", "StudyID", "StudyDate"))


def frame_times(dataset: Any, frames: int) -> list[float]:
    """Return the time of each frame in seconds since the first; all NaN without a clock.

    Looked for in this order: the vector of frame times, the frame time (both in milliseconds), the
    cine rate, the recommended display frame rate (DICOM PS3.3 C.7.6.5, cine module). A vector of
    one entry less than frames lacks the first one's, which is 0.
    """
    steps = decimals(dataset, "FrameTimeVector")
    steps = [0.0, *steps] if len(steps) == frames - 1 else steps
    if len(steps) >= frames > 1 and min(steps) >= 0 and any(steps[1:]):
        return list(accumulate((step / 1000 for step in steps[1:frames]), initial=0.0))
    step = _step(dataset)
    return [index * step for index in range(frames)] if step else [math.nan] * frames


def frame_rate(dataset: Any, frames: int) -> float:
    """Return frames per second, on average where their times differ; NaN without a clock."""
    times = frame_times(dataset, max(frames, 2))
    return (len(times) - 1) / times[-1] if times[-1] > 0 else math.nan


def _step(dataset: Any) -> float:
    """Return seconds between frames; 0 where the file does not say."""
    if step := _positive(dataset, "FrameTime"):
        return step / 1000
    rate = _positive(dataset, "CineRate") or _positive(dataset, "RecommendedDisplayFrameRate")
    return 1 / rate if rate else 0.0


def _positive(dataset: Any, keyword: str) -> float:
    values = decimals(dataset, keyword)
    return values[0] if values and values[0] > 0 else 0.0


def header_notes(
    dataset: Any, frames: int, coded: tuple[int, int], shown: tuple[int, int]
) -> tuple[str, ...]:
    """Say which parts of a header are not used, as :attr:`lusscore.clips.ClipFacts.notes` does."""
    notes = [
        f"its {keyword} is no number or does not fit its frames"
        + (", so that it has no clock" if math.isnan(frame_rate(dataset, frames)) else "")
        for keyword in ("FrameTimeVector", "FrameTime", "CineRate", "RecommendedDisplayFrameRate")
        if frames > 1 and _is_unused(dataset, keyword, frames)
    ]
    declared = len(dataset.get("SequenceOfUltrasoundRegions") or ())
    if lost := declared - len(read_regions(dataset, coded, shown)):
        notes.append(f"{plural(lost, 'ultrasound region')} in its header cannot be one")
    return tuple(notes)


def _is_unused(dataset: Any, keyword: str, frames: int) -> bool:
    if keyword not in dataset:
        return False
    item = dataset.get_item(keyword)
    if item.value in (None, "", b""):
        return False
    values = decimals(dataset, keyword)
    return not values or (keyword == "FrameTimeVector" and len(values) < frames - 1)


def read_regions(
    dataset: Any, coded: tuple[int, int], shown: tuple[int, int]
) -> tuple[Region, ...]:
    """Read a file's regions; those that are empty or lie outside the frame are left out.

    So are regions of tissue that are implausibly small: what shows tissue is most of a picture.

    `coded` and `shown` are the (height, width) of the pixels that the header speaks of, and of the
    frames that are yielded, to which the regions are scaled.
    """
    height, width = shown
    down, across = height / coded[0], width / coded[1]
    regions = []
    for item in dataset.get("SequenceOfUltrasoundRegions") or ():
        try:
            left, top = number(item, "RegionLocationMinX0"), number(item, "RegionLocationMinY0")
            # the standard's corners belong to the region
            right = number(item, "RegionLocationMaxX1") + 1
            bottom = number(item, "RegionLocationMaxY1") + 1
        except NotANumberError:
            continue
        left, right = max(0, math.floor(left * across)), min(width, math.ceil(right * across))
        top, bottom = max(0, math.floor(top * down)), min(height, math.ceil(bottom * down))
        if left < right and top < bottom:
            tissue = (
                number(item, "RegionSpatialFormat", 0) == _TWO_DIMENSIONAL
                and number(item, "RegionDataType", 0) == _TISSUE
            )
            if not tissue or (right - left) * (bottom - top) >= _LEAST * height * width:
                regions.append(Region(left, top, right, bottom, tissue))
    return tuple(regions)


def read_identifiers(dataset: Any) -> tuple[str, ...]:
    """Name the elements that identify and are not empty, in sequences too.

    Of a file that says that the patient's identity was removed, name, id, study and its date are
    taken for pseudonyms. Keywords come in alphabetical order; "private tags" last, where there are
    any that are not empty, as nobody but the maker knows what they hold.
    """
    from pydicom.datadict import keyword_for_tag

    found = set()
    private = False
    # a file that was de-identified has a pseudonym and a shifted date where it must have something
    replaced = str(dataset.get("PatientIdentityRemoved", "")).upper() == "YES"
    for element in _all_elements(dataset):
        if element.VR == "SQ" or element.value is None or len(str(element.value)) == 0:
            continue
        if element.tag.is_private:
            private |= not element.tag.is_private_creator
        elif replaced and keyword_for_tag(element.tag) in _REPLACED:
            continue
        elif keyword_for_tag(element.tag) in _KEYWORDS or element.VR in _DATES_AND_PERSONS:
            found.add(keyword_for_tag(element.tag))
    return (*sorted(found - {""}), *((_PRIVATE,) if private else ()))


def _all_elements(dataset: Any) -> Iterator[Any]:
    """Yield all elements, those of sequences too; one whose value is not valid as it is stored."""
    for tag in sorted(dataset.keys()):
        try:
            element = dataset[tag]
        except Exception:  # pydicom converts values when they are first looked at
            yield dataset.get_item(tag)
            continue
        yield element
        if element.VR == "SQ":
            for item in element.value:
                yield from _all_elements(item)
