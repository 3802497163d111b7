"""Cases of layers on masked arrays: the first case of each layer that takes such an array."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compare.cases.case import Case
from compare.cases.values import Values

RANK = 3  # (batch, steps, features), at least
# Keras says that these lose the mask, but in inference it is still there, as they return the input.
WITHOUT = (
    "AugMix CutMix RandAugment RandomBrightness RandomContrast RandomElasticTransform "
    "RandomErasing RandomFlip RandomGaussianBlur RandomPerspective RandomRotation RandomSharpness "
    "RandomShear RandomTranslation RandomZoom"
).split()


def masked(cases: Iterable[Case]) -> Iterator[Case]:
    """A case for each layer among the cases."""
    done = {"Softmax", *WITHOUT}  # Softmax: a mask like its input
    done |= {f"ConvLSTM{n}D" for n in (1, 2, 3)}  # take a mask of steps, as in their own cases
    for case in cases:
        if case.kind != "layers" or case.name in done or case.call or len(case.inputs) != 1:
            continue
        (described,) = case.inputs
        if "return_state" in case.settings:  # several results: in its own cases
            continue
        if "data_format" in case.settings:  # TensorFlow computes only channels last
            continue
        if isinstance(described, Values) and len(described.shape) >= RANK and not described.fixed:
            done.add(case.name)
            yield Case("masks", case.name, case.inputs, case.settings)
