"""The checks of a layer, one function each: what holds, or an AssertionError that says why not."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minicnn import Input, Model, saving, tree
from minicnn.testing.gradients import check_gradients
from minicnn.testing.layer_subject import Subject


class LeftOut(Exception):
    """A check does not apply to this layer; the text says why."""


def gradients(subject: Subject) -> str:
    """The gradients to inputs and variables are the derivatives."""
    layer = subject.make()
    if not layer.trainable_variables and all(x.dtype.kind != "f" for x in subject.inputs):
        raise LeftOut("there is nothing to differentiate")
    keywords = [{}, {"training": True}] if subject.takes_training() else [{}]
    for keyword in keywords:
        argument = subject.argument(subject.inputs)
        check_gradients(layer, argument, order=1, floor=0.0, seed=subject.seed, **keyword)
    count = sum(x.dtype.kind == "f" for x in subject.inputs)
    variables = len(layer.trainable_variables)
    modes = ", in inference and in training" if len(keywords) > 1 else ""
    return f"right to {_count(count, 'input')} and {_count(variables, 'variable')}{modes}"


def symbolic_call(subject: Subject) -> str:
    """A call without values says the shape and the type of the result."""
    layer = subject.make()
    found = subject.call(layer, subject.inputs)
    drawn = layer(subject.argument(_symbolic(subject)))
    drawn = tree.flatten(drawn)
    assert len(drawn) == len(found), (
        f"a symbolic call has {len(drawn)} results, but a call with arrays has {len(found)}."
    )
    for symbol, y in zip(drawn, found, strict=True):
        known = tuple(symbol.shape)
        fits = len(known) == y.ndim and all(
            n is None or n == m for n, m in zip(known, y.shape, strict=True)
        )
        assert fits, (
            f"a symbolic call says the shape {known}, but the result has {y.shape}. Is "
            "`compute_output_shape` right?"
        )
        assert str(symbol.dtype) == str(y.dtype), (
            f"a symbolic call says the type {symbol.dtype}, but the result has {y.dtype}."
        )
    return "shape and type are those of the result"


def config(subject: Subject) -> str:
    """`from_config(get_config())` makes an equal layer."""
    layer = subject.make()
    settings = layer.get_config()
    try:
        copy = subject.layer_class.from_config(settings)
    except Exception as error:
        raise AssertionError(
            f"`from_config(get_config())` raised {type(error).__name__}: {error}. Does `get_config`"
            " return all arguments of the constructor?"
        ) from error
    again = copy.get_config()
    changed = [k for k in {*settings, *again} if repr(settings.get(k)) != repr(again.get(k))]
    assert not changed, (
        f"a layer made from the config has other settings: {', '.join(sorted(changed))}."
    )
    subject.with_weights(copy, subject.inputs)
    _assert_equal(subject, layer, copy, "a layer made from the config")
    return "makes an equal layer"


def saving_and_loading(subject: Subject) -> str:
    """A saved and loaded model computes the same."""
    symbols = _symbolic(subject)
    layer = subject.make()
    model = Model(symbols, layer(subject.argument(symbols)))
    before = subject.call(model, subject.inputs)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        loaded = saving.load_model(
            path, custom_objects={subject.name: subject.layer_class}, compile=False
        )
    after = subject.call(loaded, subject.inputs)
    for a, b in zip(before, after, strict=True):
        assert np.array_equal(a, b, equal_nan=True), (
            f"a loaded model computes something else: {_difference(a, b)}. Is every weight made "
            "with `add_weight`, and every setting in `get_config`?"
        )
    return "the loaded model computes the same"


def inputs_unchanged(subject: Subject) -> str:
    """The layer does not write into its inputs."""
    layer = subject.make()
    inputs = [x.copy() for x in subject.inputs]
    layer(subject.argument(inputs))
    for i, (a, b) in enumerate(zip(inputs, subject.inputs, strict=True)):
        assert np.array_equal(a, b, equal_nan=True), f"the call changes input {i} in place."
    return "not changed"


def aliasing(subject: Subject) -> str:
    """The result is not memory that a later call writes into."""
    layer = subject.make()
    outputs = tree.flatten(layer(subject.argument([x.copy() for x in subject.inputs])))
    before = [np.array(y) for y in outputs]
    subject.call(layer, [x + 1 if x.dtype.kind == "f" else x[::-1] for x in subject.inputs])
    layer.set_weights([w + 1 for w in layer.get_weights()])
    for a, y in zip(before, outputs, strict=True):
        assert np.array_equal(a, np.asarray(y), equal_nan=True), (
            "a later call, or new weights, change the result of an earlier call: it is memory that "
            "the layer writes into again. Return a new array from each call."
        )
    return "a later call does not change an earlier result"


def same_twice(subject: Subject) -> str:
    """A second call in inference gives the same."""
    layer = subject.make()
    first, second = (subject.call(layer, subject.inputs) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert np.array_equal(a, b, equal_nan=True), (
            f"two calls with the same input differ: {_difference(a, b)}. Is the layer random in "
            "inference, or does a call change its state? Use `training` for what differs there."
        )
    return "a second call gives the same"


def samples(subject: Subject) -> str:
    """Each sample of a batch is computed by itself in inference."""
    layer = subject.make()
    lengths = {x.shape[0] for x in subject.inputs if x.ndim}
    if lengths in ({0}, {1}) or len(lengths) != 1:
        raise LeftOut("the batch has one sample, or the inputs have batches of several sizes")
    together = subject.call(layer, subject.inputs)
    for k in range(lengths.pop()):
        alone = subject.call(layer, [x[k : k + 1] for x in subject.inputs])
        for a, b in zip(together, alone, strict=True):
            if a.ndim == 0 or a.shape[0] != len(subject.inputs[0]):
                raise LeftOut("the result has no batch")
            assert _close(a[k : k + 1], b, 1e-5), (
                f"sample {k} alone gives something else than in its batch: "
                f"{_difference(a[k : k + 1], b)}. If the samples are meant to be mixed, "
                "leave_out='samples'."
            )
    return "each is computed by itself"


def data_format(subject: Subject) -> str:
    """`channels_first` computes the same on transposed images."""
    if not subject.takes("data_format"):
        raise LeftOut("the layer has no `data_format`")
    if any(x.ndim < 3 for x in subject.inputs):
        raise LeftOut("the input has no axes but batch and channels")
    last = subject.make(data_format="channels_last")
    expected = subject.call(last, subject.inputs)
    first = subject.layer_class(**{**subject.settings, "data_format": "channels_first"})
    rank = getattr(first, "rank", None)  # of the images, which may be steps of a sequence

    def channels_of(x: np.ndarray) -> int:
        return 1 if rank is None else x.ndim - 1 - rank

    moved = [np.ascontiguousarray(np.moveaxis(x, -1, channels_of(x))) for x in subject.inputs]
    subject.with_weights(first, moved)
    for a, b in zip(expected, subject.call(first, moved), strict=True):
        b = np.moveaxis(b, channels_of(b), -1) if b.ndim > 2 else b
        assert a.shape == b.shape, (
            f"with channels_first the result has the shape {b.shape}, transposed to channels_last, "
            f"but {a.shape} was expected."
        )
        assert _close(a, b, 1e-5), f"channels_first computes something else: {_difference(a, b)}."
    return "channels_first computes the same"


def float32(subject: Subject) -> str:
    """The results in float32 are close to those in float64."""
    single = subject.call(subject.make(dtype="float32"), subject.inputs)
    double = subject.call(subject.make(dtype="float64"), _as(subject.inputs, "float64"))
    for a, b in zip(single, double, strict=True):
        if b.dtype.kind != "f":
            raise LeftOut("the result is not of floats")
        assert str(b.dtype) == "float64", (
            f"a layer of type float64 returns {b.dtype}: something casts inside `call`."
        )
        assert _close(a, b, 1e-4), f"float32 is far from float64: {_difference(a, b)}."
    return "as exact as float32 allows"


def mixed_float16(subject: Subject) -> str:
    """With the policy mixed_float16 the layer computes in float16 and keeps weights in float32."""
    layer = subject.make(dtype="mixed_float16")
    expected = subject.call(subject.make(dtype="float32"), subject.inputs)
    for variable in layer.trainable_variables:
        stored = str(variable.numpy().dtype)
        assert stored == "float32", f"the weight {variable.name} is kept in {stored}, not float32."
    for a, b in zip(expected, subject.call(layer, subject.inputs), strict=True):
        if a.dtype.kind != "f":
            raise LeftOut("the result is not of floats")
        assert str(b.dtype) == "float16", f"the result is {b.dtype}, but float16 was expected."
        assert _close(a, b, 2e-2), f"float16 is far from float32: {_difference(a, b)}."
    return "computes in float16, with weights in float32"


CHECKS: dict[str, Callable[[Subject], str]] = {
    "gradients": gradients,
    "symbolic call": symbolic_call,
    "config": config,
    "saving": saving_and_loading,
    "inputs": inputs_unchanged,
    "aliasing": aliasing,
    "same twice": same_twice,
    "samples": samples,
    "data format": data_format,
    "float32": float32,
    "mixed_float16": mixed_float16,
}
"""What is checked, by name."""


def _symbolic(subject: Subject) -> list[Any]:
    return [Input(x.shape[1:], dtype=str(x.dtype)) for x in subject.inputs]


def _as(inputs: list, dtype: str) -> list:
    return [x.astype(dtype) if x.dtype.kind == "f" else x for x in inputs]


def _assert_equal(subject: Subject, layer: Any, copy: Any, what: str) -> None:
    for a, b in zip(
        subject.call(layer, subject.inputs), subject.call(copy, subject.inputs), strict=True
    ):
        assert np.array_equal(a, b, equal_nan=True), f"{what} computes something else."


def _close(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    if a.shape != b.shape:
        return False
    a, b = a.astype("float64"), b.astype("float64")
    scale = max(np.abs(a).max(initial=0.0, where=np.isfinite(a)), 1e-6)
    return bool(np.allclose(a, b, rtol=0, atol=tolerance * scale, equal_nan=True))


def _difference(a: np.ndarray, b: np.ndarray) -> str:
    if a.shape != b.shape:
        return f"the shapes are {a.shape} and {b.shape}"
    off = np.abs(a.astype("float64") - b.astype("float64"))
    index = tuple(map(int, np.unravel_index(np.argmax(off), off.shape)))
    return f"at {list(index)}, {a[index]:.6g} and {b[index]:.6g}"


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
