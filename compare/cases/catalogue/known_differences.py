"""Lists where one backend of Keras differs from the others and from float64, and why.

A line has three texts: the beginning of `kind.label` of the cases, the beginning of the names of
the quantities ("" for all), and the reason. minicnn does there what the other backends do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from compare.cases.case import Case, KnownDifference

NO_GRADIENT = "PyTorch has no gradient of it"
NO_AXES = "PyTorch's function has no such settings"
LISTS = "takes no list of numbers"
REPEATED = "PyTorch pads by repeating the edge where the padding is odd"
ONE_FOR_ALL = "does not apply one transformation to all images"
WRAPS = "interpolates between the last pixel and the first, which TensorFlow does not"
INT32 = "JAX counts in int32 unless 64 bits are switched on"
TYPE = "another integer type"
OVERWRITTEN = "reads z after the step, where the paper has z before it"
LINES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "tensorflow": (
        ("optimizers.ScheduleFreeAdamW", "update", OVERWRITTEN),
        ("optimizers.ScheduleFreeAdamW", "state", OVERWRITTEN),
    ),
    "jax": (
        (
            "layers.Dense(units=4, activation='softmax', activity_",
            "",
            "penalties are not part of the losses here",
        ),
        ("layers.RandomTranslation(height_factor=0.3, width_factor=0.2", "training", WRAPS),
        (
            "layers.ActivityRegularization",
            "",
            "penalties are not part of the losses in a stateless call",
        ),
        ("metrics.IoU", "config", INT32),
        ("metrics.BinaryIoU", "config", INT32),
        ("metrics.MeanIoU", "config", INT32),
        ("metrics.OneHotIoU", "config", INT32),
        ("metrics.OneHotMeanIoU", "config", INT32),
        ("optimizers.LossScaleOptimizer", "", "works only inside a compiled step"),
        ("ops.segment_", "", "JAX must be told the number of segments"),
        ("ops.repeat(axis=1)", "", f"JAX {LISTS}"),
        ("ops.full_like(dtype='float64')", "type", "JAX has no float64 unless it is switched on"),
        ("ops.cast() on (3,), 'float64'", "type", "JAX has no float64 unless it is switched on"),
        ("ops.saturate_cast() on (3,), 'float64'", "type", "JAX has no float64 by default"),
        ("ops.scatter_update(reduction='mul')", "", "JAX has no gradient where indices repeat"),
        ("ops.max_pool() on (2, 7, 6, 4), 2", "", "Keras passes one number on as two"),
        ("ops.max_pool() on literal(), 2", "", "Keras passes one number on as two"),
        ("ops.average_pool() on (2, 7, 6, 4), 2", "", "Keras passes one number on as two"),
        ("ops.image.affine_transform", "", f"JAX {ONE_FOR_ALL}"),
        ("ops.size()", "type", "JAX returns a Python number"),
    ),
    "torch": (
        ("layers.UpSampling2D(size=2, interpolation='bicubic')", "", "PyTorch's cubic is steeper"),
        ("layers.AveragePooling2D(pool_size=3, strides=2, padding='same')", "", REPEATED),
        ("layers.AveragePooling3D(pool_size=3, strides=2, padding='same')", "", REPEATED),
        ("layers.AveragePooling2D(pool_size=(2, 3), strides=(1, 2)", "", REPEATED),
        ("layers.LayerNormalization(axis=[1, 2]", "", "the normalized axes must be the last"),
        ("layers.RandomTranslation(height_factor=0.3, width_factor=0.2", "training", WRAPS),
        ("layers.RandomBrightness", "", "changes in place what the gradient needs"),
        ("metrics.IoU", "config", "PyTorch counts in int32"),
        ("metrics.BinaryIoU", "config", "PyTorch counts in int32"),
        ("metrics.MeanIoU", "config", "PyTorch counts in int32"),
        ("metrics.OneHotIoU", "config", "PyTorch counts in int32"),
        ("metrics.OneHotMeanIoU", "config", "PyTorch counts in int32"),
        ("optimizers.", "config", "PyTorch's optimizers are registered under another name"),
        ("ops.heaviside", "", NO_GRADIENT),
        ("ops.ldexp", "gradient", "PyTorch's gradient takes 2⁻² for 0"),
        ("ops.average() on (2, 3), None", "", "returns another shape"),
        ("ops.repeat(axis=1)", "", f"PyTorch {LISTS}"),
        ("ops.pad(mode='symmetric')", "", "repeats the edge instead"),
        ("ops.pad(mode='edge')", "", "PyTorch cannot pad two axes so"),
        ("ops.pad(mode='wrap')", "", "PyTorch cannot pad two axes so"),
        ("ops.vander", "", "changes in place what the gradient needs"),
        ("ops.linspace(num=5, axis=1)", "", NO_AXES),
        ("ops.get_item() on (3, 4), [slice(None, None, -2)", "", "no negative steps"),
        ("ops.take() on (3, 4), index()", "", "negative positions in the flat array are wrong"),
        ("ops.top_k", "type", TYPE),
        ("ops.slice() on (4, 5), index(), [2, -1]", "", "no length of -1"),
        ("ops.scatter_update(reduction='m", "", "changes in place what the gradient needs"),
        ("ops.dot() on (2, 3), (2, 3, 2)", "", "sums over other axes"),
        ("ops.vdot() on (2, 3)", "", "takes vectors only"),
        ("ops.cross() on (2, 3), (3,)", "", "takes equally many axes only"),
        ("ops.cross() on (2, 2), (2, 2)", "", "takes three components only"),
        ("ops.cross(axisa=0", "", NO_AXES),
        ("ops.correlate(mode='same') on (2,), (5,)", "", "returns another length"),
        ("ops.image.resize(interpolation='lanczos", "", "PyTorch has no Lanczos interpolation"),
        ("ops.image.resize(interpolation='bicubic')", "", "PyTorch's cubic is steeper"),
        ("ops.image.affine_transform", "", f"PyTorch {ONE_FOR_ALL}"),
        ("ops.floor_divide() on (2, 3)", "", NO_GRADIENT),
        ("ops.nonzero", "", "returns one array of indices, not one for each axis"),
        ("ops.imag()", "", "PyTorch has no imaginary part of real numbers"),
        ("ops.size()", "type", TYPE),
    ),
}


def with_known_differences(cases: Iterable[Case]) -> Iterator[Case]:
    """The cases, each with its known differences on single backends."""
    for case in cases:
        known = tuple(
            KnownDifference(quantity, why, (backend,))
            for backend, lines in LINES.items()
            for begins, quantity, why in lines
            if f"{case.kind}.{case.label}".startswith(begins)
        )
        yield replace(case, known_differences=(*case.known_differences, *known))
