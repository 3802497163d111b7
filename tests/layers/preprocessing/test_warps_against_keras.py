"""Random warps with a single possible map are those of Keras, for every way to fill what is new."""

import itertools

import numpy as np
import pytest

import minicnn

IMAGES = np.random.default_rng(4).uniform(0, 1, (2, 7, 9, 2)).astype("float32")
FIXED = {
    "RandomRotation": {"factor": (0.11, 0.11)},
    "RandomTranslation": {"height_factor": (0.3, 0.3), "width_factor": (-0.2, -0.2)},
    "RandomZoom": {"height_factor": (0.4, 0.4), "width_factor": (0.3, 0.3)},
}
FILLS = [
    *(("constant", value) for value in (0.0, 0.7, -2.5)),
    *((mode, 0.7) for mode in ("reflect", "wrap", "nearest")),
]
CASES = list(itertools.product(FIXED, FILLS, ("bilinear", "nearest"), (False, True)))


@pytest.mark.parametrize(("name", "fill", "interpolation", "first"), CASES, ids=str)
def test_what_comes_in_from_outside(keras, name, fill, interpolation, first):
    settings = {
        **FIXED[name],
        "fill_mode": fill[0],
        "fill_value": fill[1],
        "interpolation": interpolation,
        "data_format": "channels_first" if first else "channels_last",
    }
    images = np.moveaxis(IMAGES, -1, 1) if first else IMAGES
    expected, found = (
        np.asarray(getattr(k.layers, name)(**settings)(images, training=True))
        for k in (keras, minicnn)
    )
    differing = np.abs(found - expected) > 1e-3
    # A nearest neighbour is another one where rounding decides between two.
    assert differing.mean() <= (0.02 if interpolation == "nearest" else 0)
    outside = np.isclose(found, fill[1], atol=1e-6).mean()
    assert (outside > 0.05) == (fill[0] == "constant")
