"""Rows of the table that POCUS published, with its header and its oddities; remarks are left out.

From ``data/dataset_metadata.csv`` of jannisborn/covid19_ultrasound at commit 0a741f5: names with
``+`` and brackets, a patient with two labels, rows whose video is not in the repository, and
scores that are not given.
"""

from pathlib import Path

from clip_maker import moving_bar, write_video
from lusscore.cohort import consensus_labels
from lusscore.cohort.importers import ImportOptions, get_importer

HEADER = (
    "Date added,Current location,Filename,URL (Video Name),Label,Lung Severity Score,License,"
    "LinkToLicense,ChangesMade,InThisRepo,Type,Probe,DOI,Source ID,Comments from web site,Title,"
    "Comments first medical doctor (MD1),MD2,MD3,Framerate,Resolution,Length (frames),Gender,Age,"
    "Patient ID / Name,Lung /abdomen interface,Preconditions / Comments about patient,"
    "Area according to DEGUM,,Effusion,Consolidations,B-lines,A-lines,Pleural line irregularities,"
    "Air bronchogram,Healthy,Fever,Cough,Respiratory problems,Headache,Loss of smell/taste,"
    "Fatigue,Sore throat,Asymptomatic,Other"
)
_LOCAL = "20.04.20,data/pocus_videos/{probe},{name},,{label},{score},CC BY-NC 4.0,,Cropping,Yes,"
_REST = "video,{kind},,2,,,,,,10,{size},{frames},nd,,{patient},,,,,,,,,,,,,,,,,,,,"
ROWS = (
    ("Convex", "Cov-Atlas+(44)", "COVID-19", "2", "139x139", "41", "36"),
    ("Convex", "Cov-Atlas+(45)", "COVID-19", "3", "174x174", "21", "36"),
    ("Convex", "Cov-Atlas-Day+2", "COVID-19", "1", "142x142", "83", "35"),
    ("Convex", "Cov-Atlas-Day+4", "COVID-19", "3", "230x230", "40", "35"),
    ("Convex", "Cov-Atlas-Day+1", "COVID-19", "0", "408x408", "33", "35"),
    ("Convex", "Pneu-Atlas-pneumonia", "Bacterial pneumonia", "", "208x208", "59", "37"),
    ("Convex", "Reg-Atlas", "regular", "0", "250x250", "59", "38"),
    ("Convex", "Pneu-Atlas-pneumonia2", "Bacterial pneumonia", "", "327x327", "40", "39"),
    ("Linear", "Cov-Atlas-pleural", "COVID-19", "1", "364x364", "77", "42"),
    ("Linear", "Cov-Atlas-pleural2", "COVID-19", "3", "414x414", "75", "43"),
)
ELSEWHERE = (
    "20.04.20,butterfly,Cov-Butterfly-Confluent B lines,,COVID-19,2,None,N.A.,Cropping,No,video,"
    "convex,,1,,,B-lines,,,30,496x484,818,nd,,16,,,,,0,0,1,0,0,0,0,,,,,,,,,"
)


def published(folder: Path) -> Path:
    """Write the table and a small video for every row whose video the repository holds."""
    lines = [HEADER, ELSEWHERE]
    for probe, name, label, score, size, frames, patient in ROWS:
        kind = probe.lower()
        lines.append(
            _LOCAL.format(probe=probe, name=name, label=label, score=score)
            + _REST.format(kind=kind, size=size, frames=frames, patient=patient)
        )
        place = folder / "data" / "pocus_videos" / kind
        place.mkdir(parents=True, exist_ok=True)
        write_video(place / f"{name}.mp4", moving_bar(2))
    (folder / "data" / "dataset_metadata.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_published_rows_have_their_patients_scores_and_probes(tmp_path: Path) -> None:
    imported = get_importer("pocus")(published(tmp_path), ImportOptions())
    segments = consensus_labels(imported.segments, None).segments
    told = {Path(segment.clip).stem: (segment.patient, segment.score) for segment in segments}
    assert told == {
        name: (patient, int(score) if score else None) for _, name, _, score, _, _, patient in ROWS
    }
    linear = {Path(segment.clip).stem for segment in segments if "linear" in segment.device.lower()}
    assert linear == {"Cov-Atlas-pleural", "Cov-Atlas-pleural2"}
    groups = {segment.patient: segment.group for segment in segments}
    assert groups["36"] != groups["38"]
