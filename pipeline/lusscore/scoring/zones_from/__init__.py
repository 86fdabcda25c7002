"""What tells the zone of a clip: its name, its folders, its DICOM header, a table."""
