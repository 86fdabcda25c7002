"""Findings about a cohort before anything is computed: what is wrong, and how much it matters."""
