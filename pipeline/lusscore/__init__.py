"""Severity scoring of COVID-19 pneumonia from lung ultrasound."""

__version__ = "0.1.0"
