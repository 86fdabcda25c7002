"""Which elements of a DICOM header could tell who the patient is."""

from __future__ import annotations

from typing import Any

PRIVATE = "private tags"

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


def read_identifiers(dataset: Any) -> tuple[str, ...]:
    """Name the elements that identify and are not empty, in sequences too.

    Of a file that says that the patient's identity was removed, name, id, study and its date are
    taken for pseudonyms.

    Returns
    -------
    tuple of str
        Keywords in alphabetical order; :data:`PRIVATE` last where there are private elements that
        are not empty, as nobody but the maker knows what they hold.
    """
    found = set()
    private = False
    # a file that was de-identified has a pseudonym and a shifted date where it must have something
    replaced = str(dataset.get("PatientIdentityRemoved", "")).upper() == "YES"
    for element in dataset.iterall():
        if element.VR == "SQ" or element.value is None or len(str(element.value)) == 0:
            continue
        if element.tag.is_private:
            private |= not element.tag.is_private_creator
        elif replaced and element.keyword in _REPLACED:
            continue
        elif element.keyword in _KEYWORDS or element.VR in _DATES_AND_PERSONS:
            found.add(element.keyword)
    return (*sorted(found - {""}), *((PRIVATE,) if private else ()))
