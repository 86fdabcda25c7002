"""Bundles: a trained scorer with all that it needs, as files that run no code."""
