"""A folder of clips full of identifiers, and the search for them in what was made of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

import clip_maker
from dicom_maker import region as calibrated_region
from dicom_maker import save, ultrasound_header
from lusscore.clips import open_clip

HEIGHT, WIDTH = 96, 128
FRAMES = 8
FAN = ((58, 8), (70, 8), (112, 80), (64, 92), (16, 80))
ZONES = ("R1", "L2")
KINDS = ("mp4", "multi-frame", "gif", "single-frame", "pngs", "example")


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist."""

    family: str
    given: str
    number: str
    birth: str

    @property
    def strings(self) -> tuple[str, ...]:
        return (self.family, self.given, self.number, self.birth)


PEOPLE = (
    Person("Quistgaard", "Ottilie", "PID-40917366", "19480312"),
    Person("Zwetschkenbaum", "Balduin", "0083310045", "19511124"),
    Person("Ökonomidis", "Xanthippe", "KH/77-2213-9", "19390607"),
    Person("O'Fallon-Pryce", "Thaddeus", "MRN 55120988", "19620930"),
    Person("Nwachukwu", "Ifeoma", "GHX009154327", "19740118"),
    Person("Вершинина", "Аглая", "СНИЛС-1290", "19440222"),
)

EVERYWHERE = (
    "St. Ursula Hospital",
    "Nebelhorngasse",
    "Dr. Klaproth",
    "Lindqvist",
    "Brambleworth",
    "ACC-2020-118833",
    "PRIVATE-NOTE-6612",
    "WARD-SEVENTEEN",
    "1.2.826.0.1.3680043.9.7777",
    "20200317",
    "143215.871234",
    "SN-LUS-889100",
    "+52.5163+013.3777",
    "call his daughter",
)


def plant(folder: Path, patients: int = 6) -> list[str]:
    """Make ``<patient>/<zone>/<score>/…`` of all kinds of clips; return what must never be seen.

    Parameters
    ----------
    folder
        Made; give it a name of somebody's too.
    patients
        At most six, each with one clip in each of two zones.
    """
    strings = [*EVERYWHERE]
    for number, person in enumerate(PEOPLE[:patients]):
        named = f"{person.family}_{person.given}"
        for side, zone in enumerate(ZONES):
            score = str((number + side) % 4)
            place = folder / named / zone / score
            place.mkdir(parents=True)
            write_clip(place, KINDS[(number + 3 * side) % len(KINDS)], person, 10 * number + side)
        strings += person.strings
    return strings


def write_clip(place: Path, kind: str, person: Person, seed: int) -> Path:
    """Write one clip of a kind into `place`, named after the patient."""
    name = f"{person.family} {person.given} {person.birth}"
    pictures = fan_clip(seed, name)
    if kind == "mp4":
        return write_mp4(place / f"{name}.mp4", pictures, person)
    if kind == "gif":
        return write_gif(place / f"{name}.gif", pictures, person)
    if kind == "pngs":
        return write_images(place, pictures, person)
    path = place / f"{name}.dcm"
    if kind == "example":
        write_example(path, "examples_ybr_color.dcm", person)
    else:
        write_dicom(path, pictures if kind == "multi-frame" else pictures[:1], person)
    return path


def fan_mask() -> NDArray[np.bool_]:
    """Pixels of the sector of :func:`fan_clip`: bool, shape (HEIGHT, WIDTH)."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillConvexPoly(mask, np.array(FAN, np.int32), 1)
    return mask.astype(bool)


def fan_clip(seed: int, text: str, frames: int = FRAMES) -> NDArray[np.uint8]:
    """Moving speckle in a fan and a text in the corner: uint8, (frames, HEIGHT, WIDTH, 3)."""
    rng = np.random.default_rng(seed)
    speckle = rng.rayleigh(45, (HEIGHT + 4 * frames, WIDTH, 1)).clip(8, 255).astype(np.uint8)
    video = np.zeros((frames, HEIGHT, WIDTH, 3), np.uint8)
    for number, image in enumerate(video):
        image[:] = speckle[4 * number : 4 * number + HEIGHT]
        image[~fan_mask()] = 0
        letters = text.encode("ascii", "replace").decode()
        cv2.putText(image, letters[:7], (1, 12), cv2.FONT_HERSHEY_PLAIN, 0.8, (255, 255, 255))
    return video


def write_mp4(path: Path, pictures: NDArray[np.uint8], person: Person) -> Path:
    """H.264 with titles, a place, and a note between the pictures (SEI)."""
    note = f"{person.given} {person.family}, PRIVATE-NOTE-6612".encode()
    with av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as container:
        container.metadata["title"] = f"{person.family}, {person.given}"
        container.metadata["comment"] = f"{person.number}; call his daughter"
        container.metadata["artist"] = "Dr. Klaproth"
        container.metadata["location"] = "+52.5163+013.3777/"
        container.metadata["creation_time"] = "2020-03-17T14:32:15Z"
        container.metadata["com.apple.quicktime.location.ISO6709"] = "+52.5163+013.3777/"
        stream = container.add_stream("libx264", rate=20, options={"crf": "12"})
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        stream.metadata["title"] = f"{person.family} {person.birth}"
        stream.metadata["handler_name"] = "St. Ursula Hospital"
        frames = (av.VideoFrame.from_ndarray(image, format="rgb24") for image in pictures)
        for frame in (*frames, None):
            for packet in stream.encode(frame):
                container.mux(_with_note(packet, note) if packet.is_keyframe else packet)
    return path


def _with_note(packet: av.Packet, note: bytes) -> av.Packet:
    """Put a user-data SEI before an H.264 picture, as encoders of devices do."""
    body = bytes(range(1, 17)) + note
    unit = b"\x06\x05" + bytes([len(body)]) + body + b"\x80"
    assert bytes(packet)[:3] in (b"\0\0\1", b"\0\0\0")
    start = b"\0\0\0\1"
    noted = av.Packet(start + unit + bytes(packet))
    noted.stream, noted.time_base = packet.stream, packet.time_base
    noted.pts, noted.dts, noted.duration = packet.pts, packet.dts, packet.duration
    noted.is_keyframe = True
    return noted


def write_gif(path: Path, pictures: NDArray[np.uint8], person: Person) -> Path:
    comment = f"{person.family} {person.given} {person.number}".encode()
    return clip_maker.write_gif(path, pictures, duration=60, loop=0, comment=comment)


def write_images(folder: Path, pictures: NDArray[np.uint8], person: Person) -> Path:
    """PNG and JPEG with text chunks, EXIF, a place and a comment."""
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", f"{person.family} {person.given}".encode().decode("latin-1"))
    text.add_text("Comment", f"{person.number} call his daughter " * 9, zip=True)
    text.add_itxt("Author", f"Dr. Klaproth {person.family} {person.birth}", zip=True)
    exif = Image.Exif()
    exif[0x010E] = f"{person.number} WARD-SEVENTEEN".encode("ascii", "replace").decode()
    exif[0x013B] = "Dr. Klaproth"
    exif[0x0132] = "2020:03:17 14:32:15"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 58.7), 3: "E", 4: (13.0, 22.0, 39.7)})
    for number, image in enumerate(pictures):
        name = f"{person.family}_{number}"
        if number % 2:
            Image.fromarray(image).save(
                folder / f"{name}.jpg", quality=95, exif=exif, comment=person.given.encode()
            )
        else:
            Image.fromarray(image).save(folder / f"{name}.png", pnginfo=text, exif=exif)
    return folder


def write_dicom(path: Path, pictures: NDArray[np.uint8], person: Person) -> Path:
    """Write uncompressed RGB ultrasound with identifiers in every corner of its header."""
    dataset = ultrasound_header(*pictures.shape[:3])
    if len(pictures) == 1:
        del dataset.NumberOfFrames
        dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.6.1"
    else:
        dataset.FrameTime = "62.5"
        dataset.FrameIncrementPointer = 0x00181063
        dataset.CineRate = "16"
    region = calibrated_region(10, 4, 117, 93)
    region.RegionFlags = 0
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = 0.025
    region.PixelComponentPhysicalUnits = 0
    plant_in_region(region, person)
    dataset.SequenceOfUltrasoundRegions = Sequence([region])
    dataset.PixelData = pictures.tobytes()
    plant_in_header(dataset, person)
    return save(dataset, path)


def write_example(path: Path, example: str, person: Person) -> Path:
    """Write one of pydicom's own files with identifiers put in."""
    found = get_testdata_file(example)
    assert isinstance(found, str)
    dataset = pydicom.dcmread(found)
    plant_in_header(dataset, person)
    dataset.save_as(path)
    return path


def plant_in_header(dataset: Dataset, person: Person) -> None:
    """Put identifiers where devices put them, and where nobody would look for them."""
    name = f"{person.family}^{person.given}"
    uid = f"1.2.826.0.1.3680043.9.7777.{person.birth}"
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName, dataset.PatientID = name, person.number
    dataset.PatientBirthDate, dataset.PatientSex = person.birth, "O"
    dataset.OtherPatientIDs, dataset.OtherPatientNames = [person.number, "A-1"], name
    dataset.PatientAddress, dataset.PatientComments = "Nebelhorngasse 4", "call his daughter"
    dataset.PatientAge, dataset.PatientTelephoneNumbers = "072Y", "0301234567"
    dataset.InstitutionName = "St. Ursula Hospital"
    dataset.InstitutionAddress = "Nebelhorngasse 1"
    dataset.InstitutionalDepartmentName = "WARD-SEVENTEEN"
    dataset.ReferringPhysicianName = "Lindqvist^Ada"
    dataset.OperatorsName, dataset.PerformingPhysicianName = "Brambleworth^Moe", "Dr. Klaproth"
    dataset.AccessionNumber, dataset.StudyID = "ACC-2020-118833"[:16], person.number[:16]
    dataset.StudyDescription = f"Lung {person.family}"
    dataset.SeriesDescription = f"{person.given} right"
    dataset.ProtocolName, dataset.ImageComments = f"LUS {name}", f"{name} call his daughter"
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = "20200317"
    dataset.StudyTime = dataset.SeriesTime = dataset.ContentTime = "143215.871234"
    dataset.AcquisitionDateTime = "20200317143215.871234"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"{uid}.1", f"{uid}.1.1"
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{uid}.1.1.1"
    dataset.Modality, dataset.DeviceSerialNumber = "US", "SN-LUS-889100"
    dataset.Manufacturer = f"Acme for {person.family}"
    dataset.ManufacturerModelName, dataset.StationName = "Echo 7", "WARD-SEVENTEEN"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", re.sub("[^A-Z0-9]", "", person.family.upper())[:16]]
    dataset.BurnedInAnnotation = "YES"
    dataset.file_meta.SourceApplicationEntityTitle = "WARD-SEVENTEEN"
    dataset.file_meta.PrivateInformationCreatorUID = f"{uid}.9"
    dataset.file_meta.PrivateInformation = f"{name} PRIVATE-NOTE-6612".encode()
    dataset.preamble = f"{person.number} {name}".encode()[:128].ljust(128, b"\0")
    inner = Dataset()
    inner.PatientName, inner.PatientID = name, person.number
    inner.ReferencedSOPInstanceUID, inner.StudyDate = f"{uid}.2", "20200317"
    inner.add_new(0x00091001, "LO", person.number)
    middle = Dataset()
    middle.ReferencedSOPSequence = Sequence([inner])
    middle.RequestedProcedureDescription = f"for {name}"
    dataset.RequestAttributesSequence = Sequence([middle])
    block = dataset.private_block(0x0029, "ACME PRIVATE", create=True)
    block.add_new(0x01, "UN", f"{name}|PRIVATE-NOTE-6612".encode("utf-16-le"))
    block.add_new(0x02, "SQ", Sequence([inner]))
    block.add_new(0x03, "OB", f"{person.number} PRIVATE-NOTE-6612 ".encode())
    dataset.add_new(0x60000022, "LO", f"overlay {name}")
    dataset.add_new(0x60000010, "US", 8)
    dataset.add_new(0x60000011, "US", 8)
    dataset.add_new(0x60003000, "OW", b"PRIVATE-NOTE-6612".ljust(18, b"\0"))
    icon = Dataset()
    icon.Rows, icon.Columns, icon.SamplesPerPixel = 4, 5, 1
    icon.PhotometricInterpretation = "MONOCHROME2"
    icon.BitsAllocated = icon.BitsStored = 8
    icon.PixelData = b"PRIVATE-NOTE-6612".ljust(20, b"\0")
    dataset.IconImageSequence = Sequence([icon])
    graphic = Dataset()
    graphic.UnformattedTextValue = f"{name} call his daughter"
    annotation = Dataset()
    annotation.TextObjectSequence = Sequence([graphic])
    dataset.GraphicAnnotationSequence = Sequence([annotation])
    dataset.add_new(0xFFFCFFFC, "OB", b"PRIVATE-NOTE-6612 ")


def plant_in_region(region: Dataset, person: Person) -> None:
    """Put identifiers into an ultrasound region, which is otherwise kept."""
    region.add_new(0x00110010, "LO", "ACME PRIVATE")
    region.add_new(0x00111001, "LO", f"{person.family} {person.number}")
    region.PixelComponentMask = 1
    region.ImageComments = f"{person.given} {person.family}"


def pictures(path: Path) -> NDArray[np.uint8]:
    """All that a clip shows: uint8, (frames, height, width, 3)."""
    return np.stack([frame.rgb for frame in open_clip(path)])


def seen(folder: Path, strings: list[str]) -> list[tuple[str, str]]:
    """Search names and bytes of all files, in every guise; return (file, string) of each find."""
    wanted = {string: list(_guises(string)) for string in strings}
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        layers = [name.encode("utf-8", "surrogateescape")]
        if path.is_file():
            layers += _layers(path)
        lowered = [layer.lower() for layer in layers]
        found += [
            (name, string)
            for string, guises in wanted.items()
            if any(guise in layer for guise in guises for layer in lowered)
        ]
    return found


def _guises(string: str) -> Iterator[bytes]:
    """Yield the lower-case bytes by which a string could stand in a file."""
    import html
    import json
    from urllib.parse import quote

    forms = {string, string.upper(), string.lower()}
    forms |= {unicodedata.normalize("NFD", form) for form in forms}
    forms |= {json.dumps(form)[1:-1] for form in forms} | {html.escape(form) for form in forms}
    forms |= {quote(form) for form in forms} | {form.replace(" ", "_") for form in forms}
    for form in forms:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "latin-1", "cp1251"):
            try:
                yield form.encode(encoding).lower()
            except UnicodeEncodeError:
                continue
        yield from _base64(form.encode())
        yield form.encode().hex().encode()


def _base64(raw: bytes) -> Iterator[bytes]:
    """Yield how bytes look in base64 at each of the three places of a triple."""
    import base64

    for before in range(3):
        text = base64.b64encode(bytes(before) + raw)
        whole = text[(0, 2, 3)[before] : len(text) - (0 if (before + len(raw)) % 3 == 0 else 4)]
        if len(whole) >= 8:
            yield whole.lower()


def _layers(path: Path) -> list[bytes]:
    """Return a file's bytes and what can be unpacked or parsed from it."""
    raw = path.read_bytes()
    layers = [raw, *_unpacked(raw)]
    if path.suffix == ".dcm":
        dataset = pydicom.dcmread(path)
        layers.append("\n".join(map(str, (*dataset.iterall(), *dataset.file_meta))).encode())
    if path.suffix in (".png", ".jpg", ".gif"):
        with Image.open(path) as image:
            layers.append(repr((image.info, dict(image.getexif()))).encode())
    return layers


def _unpacked(raw: bytes) -> Iterator[bytes]:
    """Yield what lies deflated, or as a data URI, in some bytes."""
    import base64
    import zlib

    for start in (hit.start() for hit in re.finditer(rb"[\x18-\x78][\x01\x5e\x9c\xda]", raw)):
        if (raw[start] * 256 + raw[start + 1]) % 31 == 0 and raw[start] & 15 == 8:
            try:
                content = zlib.decompressobj().decompress(raw[start:], 1 << 22)
            except zlib.error:
                continue
            if len(content) > 8:
                yield content
    for blob in re.findall(rb"base64,([A-Za-z0-9+/=]{32,})", raw):
        content = base64.b64decode(blob + b"=" * (-len(blob) % 4))
        yield content
        yield from _unpacked(content)
