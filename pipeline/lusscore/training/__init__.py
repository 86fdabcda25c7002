"""Fitting a scorer on all patients of a cohort, for use on exams that are none of them."""
