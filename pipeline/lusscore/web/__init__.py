"""The local page on which exams are scored and looked at."""
