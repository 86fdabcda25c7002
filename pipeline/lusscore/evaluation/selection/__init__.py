"""Nested selection: what is chosen is chosen inside the training patients of each fold."""
