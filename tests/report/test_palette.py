from itertools import combinations, pairwise

import numpy as np

from lusscore.report.palette import MODEL_COLOURS, SCORE_COLOURS, SCORE_INK, model_style

# Viénot et al. 1999, full deuteranopia and protanopia, in linear RGB
_DEUTERANOPIA = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
_PROTANOPIA = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])


def _linear(colour):
    channels = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def _luminance(linear):
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _contrast(one, other):
    dark, light = sorted((one, other))
    return (light + 0.05) / (dark + 0.05)


def test_scores_grow_darker_for_every_eye():
    for sight in (np.eye(3), _DEUTERANOPIA, _PROTANOPIA):
        seen = [_luminance(sight @ _linear(colour)) for colour in SCORE_COLOURS]
        assert all(_contrast(a, b) >= 1.2 for a, b in pairwise(seen)), seen
        assert seen == sorted(seen, reverse=True)


def test_a_score_can_be_read_on_its_colour():
    for colour, ink in zip(SCORE_COLOURS, SCORE_INK, strict=True):
        assert _contrast(_luminance(_linear(colour)), _luminance(_linear(ink))) >= 4.5


def test_models_differ_by_more_than_colour():
    styles = [model_style(row) for row in range(len(MODEL_COLOURS))]
    for one, other in combinations(styles, 2):
        assert all(a != b for a, b in zip(one, other, strict=True))


def test_more_models_than_styles_start_again():
    assert model_style(len(MODEL_COLOURS)) == model_style(0)
