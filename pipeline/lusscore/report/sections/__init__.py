"""The report's sections as plain data: one file each, filled into the template of that name."""
