"""DICOM files: still and moving images, whatever their transfer syntax."""
