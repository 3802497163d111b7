"""The layers that are drawn behind a mask: those that take it into account or hand it on."""

from __future__ import annotations

from hypothesis import strategies as st

from compare.fuzz import layer_settings
from compare.fuzz.layer_settings import ONE_INPUT, LayerChoice

SEQUENCE = (2,)
NAMES = (
    "Dense Activation BatchNormalization LayerNormalization GroupNormalization UnitNormalization "
    "ReLU LeakyReLU PReLU ELU Dropout SpatialDropout{n}D GaussianNoise Rescaling Identity "
    "ActivityRegularization GlobalAveragePooling{n}D"
).split()


MASKED = [
    LayerChoice("Masking", SEQUENCE, layer_settings.with_settings(mask_value=st.just(0.0))),
    *[kind for kind in ONE_INPUT if kind.name in NAMES],
]
