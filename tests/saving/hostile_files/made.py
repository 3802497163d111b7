"""Files that were made to cost much, or to break the reader: `FILES[name](folder)` writes one."""

from __future__ import annotations

import io
import json
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import minicnn as keras
from minicnn import layers

FILES: dict[str, Callable[[Path], Path]] = {}
"""Writes the file into a folder and gives its path."""


def small() -> Any:
    """The model whose files are the originals."""
    return keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.Dense(2)], name="small")


def _members(model: Any = None) -> dict[str, Any]:
    buffer = io.BytesIO()
    keras.saving.save_model(model or small(), buffer)
    with zipfile.ZipFile(buffer) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _written(path: Path, members: dict[str, Any], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def legacy(path: Path, model: Any = None) -> Path:
    """Writes a whole model into a `.h5` file, as Keras does."""
    model = model or small()

    def without_modules(x: Any) -> Any:
        if isinstance(x, list):
            return [without_modules(item) for item in x]
        extra = ("module", "registered_name", "build_config", "compile_config")
        if not isinstance(x, dict):
            return x
        return {k: without_modules(v) for k, v in x.items() if k not in extra}

    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(without_modules(json.loads(model.to_json())))
        if model.compiled:
            training = {"loss": model.loss, "metrics": ["mae"], "loss_weights": None}
            optimizer = json.loads(json.dumps(keras.optimizers.serialize(model.optimizer)))
            training["optimizer_config"] = without_modules(optimizer)
            file.attrs["training_config"] = json.dumps(training)
            _stored(file.create_group("optimizer_weights"), model.optimizer.variables)
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [layer.name for layer in model.layers]
        for layer in model.layers:
            variables = layer.trainable_weights + layer.non_trainable_weights
            _stored(group.create_group(layer.name), variables)
        _stored(group.create_group("top_level_model_weights"), [])
    return path


def _stored(group: h5py.Group, variables: list) -> None:
    names = [variable.path for variable in variables]
    group.attrs["weight_names"] = names
    for name, variable in zip(names, variables, strict=True):
        group[name] = variable.numpy()


# --- HDF5, as a file of weights, of a whole model, and inside an archive


def _hdf5(change: Callable[[h5py.File], None]) -> None:
    def weights(folder: Path) -> Path:
        path = folder / f"{change.__name__}.weights.h5"
        small().save_weights(path)
        with h5py.File(path, "r+") as file:
            change(file)
        return path

    def archive(folder: Path) -> Path:
        members = _members()
        members["model.weights.h5"] = weights(folder).read_bytes()
        return _written(folder / f"{change.__name__}.keras", members)

    def whole(folder: Path) -> Path:
        path = legacy(folder / f"{change.__name__}.h5")
        with h5py.File(path, "r+") as file:
            layers = file.create_group("layers")  # where the changes look for them
            layers["dense"] = file["model_weights/dense"]
            layers["dense/vars"] = file["model_weights/dense/small/dense"]
            for i, name in enumerate(("kernel", "bias")):
                layers[f"dense/vars/{i}"] = layers[f"dense/vars/{name}"]
            change(file)
            if "vars" in file.get("layers/dense", {}):
                names = [f"vars/{i}" for i in range(len(file["layers/dense/vars"]) - 2)]
                file["layers/dense"].attrs["weight_names"] = names
            del file["model_weights/dense"]
            file.move("layers/dense", "model_weights/dense")
        return path

    FILES[f"{change.__name__}.h5"] = whole
    FILES[f"{change.__name__}.weights.h5"] = weights
    FILES[f"{change.__name__}.keras"] = archive


KERNEL = "layers/dense/vars/0"


def _instead(file: h5py.File, *args: Any, **kwargs: Any) -> h5py.Dataset:
    del file[KERNEL]
    return file.create_dataset(KERNEL, *args, **kwargs)


@_hdf5
def more_sets_of_nothing(file):
    for i in range(20):
        file.create_dataset(f"layers/dense/vars/{i + 2}", (1023 << 18,), "f4")


@_hdf5
def one_set_of_nothing(file):
    _instead(file, (999 << 18,), "f4")


@_hdf5
def nothing_in_many_sets(file):
    for i in range(2):
        del file[f"layers/dense/vars/{i}"]
        file.create_dataset(f"layers/dense/vars/{i}", (60 << 18,), "f4")


@_hdf5
def hard_links(file):
    for i in range(4000):
        file[f"layers/dense/vars/{i + 2}"] = file[KERNEL]


@_hdf5
def texts_of_any_length(file):
    _instead(file, (1 << 27,), h5py.string_dtype())


@_hdf5
def lists_of_any_length(file):
    _instead(file, (1 << 24,), h5py.vlen_dtype("f4"))


@_hdf5
def references(file):
    _instead(file, (3, 4), h5py.ref_dtype)


@_hdf5
def records(file):
    _instead(file, (3, 4), [("a", "f4"), ("b", "f4", (1000,))])


@_hdf5
def long_elements(file):
    _instead(file, (3, 4), f"S{(1 << 31) - 1}")


@_hdf5
def compressed_zeros(file):
    _instead(file, data=np.zeros(1 << 26, "u1"), compression="gzip", chunks=(1 << 20,))


@_hdf5
def compressed_by_lzf(file):
    _instead(file, data=np.zeros(1 << 24, "u1"), compression="lzf")


@_hdf5
def a_chunk_that_holds_more(file):
    dataset = _instead(file, (3, 4), "f4", chunks=(3, 4), compression="gzip")
    packer = zlib.compressobj(9)
    content = b"".join(packer.compress(bytes(1 << 24)) for _ in range(3)) + packer.flush()
    dataset.id.write_direct_chunk((0, 0), content)


@_hdf5
def a_large_chunk(file):
    _instead(
        file, (3, 4), "f4", maxshape=(None, 4), chunks=(1 << 28, 1), compression="gzip", fillvalue=1
    )


@_hdf5
def tiny_chunks(file):
    _instead(file, (1 << 22, 4), "f4", chunks=(1, 1))


@_hdf5
def a_circle_of_groups(file):
    file["layers/dense/layers"] = file["layers"]
    file["layers/dense/vars/2"] = file["/"]


@_hdf5
def deep_groups(file):
    file.create_group("/".join(["layers"] * 3000))


@_hdf5
def data_elsewhere(file):
    _instead(file, (3, 4), "f4", external=[("/etc/hosts", 0, 48)])


@_hdf5
def linked_elsewhere(file):
    del file["layers/dense"]
    file["layers/dense"] = h5py.ExternalLink("/tmp/other.h5", "/")


@_hdf5
def a_large_attribute(file):
    file[KERNEL].attrs.create("dtype", np.zeros(8000, "u1"))


@_hdf5
def no_space_at_all(file):
    del file[KERNEL]
    file[KERNEL] = h5py.Empty("f4")


# --- attributes of whole models in HDF5


def _legacy(change: Callable[[h5py.File], None]) -> None:
    def make(folder: Path) -> Path:
        path = legacy(folder / f"{change.__name__}.h5")
        with h5py.File(path, "r+") as file:
            change(file)
        return path

    FILES[f"{change.__name__}.h5"] = make


@_legacy
def no_config(file):
    del file.attrs["model_config"]


@_legacy
def a_config_of_numbers(file):
    file.attrs["model_config"] = np.zeros(1000)


@_legacy
def a_long_config(file):
    file.attrs["model_config"] = "[" * (1 << 26)


@_legacy
def names_of_nothing(file):
    file["model_weights"].attrs["layer_names"] = ["nowhere/.."] * 2


@_legacy
def a_layer_elsewhere(file):
    del file["model_weights/dense"]
    file["model_weights/dense"] = h5py.ExternalLink("/tmp/other.h5", "/")


@_legacy
def a_layer_by_another_name(file):
    del file["model_weights/dense"]
    file["model_weights/dense"] = h5py.SoftLink("/model_weights/dense_1")


@_legacy
def many_layers_of_one(file):
    group = file["model_weights"]
    names = [f"x{i}" for i in range(3000)]
    for name in names:
        group[name] = group["dense"]
    group.attrs["layer_names"] = names


def names_that_are_one_text(folder: Path) -> Path:
    """All names refer to the same long text in the file."""
    path = legacy(folder / "names_that_are_one_text.h5")
    long, count = "x" * ((1 << 20) + 12_345), 3000
    with h5py.File(path, "r+") as file:
        file.attrs["long"] = long
        file["model_weights"].attrs["layer_names"] = ["1234567"] * count
    data = bytearray(path.read_bytes())
    place = data.index(struct.pack("<I", len(long)))
    reference = data[place : place + 16]  # length, address, number
    start = re.search(rb"(\x07\x00\x00\x00.{12}){50}", data, re.DOTALL).start()
    data[start : start + 16 * count] = reference * count
    path.write_bytes(data)
    return path


FILES["names_that_are_one_text.h5"] = names_that_are_one_text


# --- zip


def _zip(make: Callable[[Path], Path]) -> None:
    FILES[make.__name__] = lambda folder: make(folder / f"{make.__name__}.keras")


@_zip
def zeros_as_assets(path):
    assets = {f"assets/{i}": bytes(1 << 26) for i in range(3)}
    return _written(path, _members() | assets, zipfile.ZIP_DEFLATED)


@_zip
def many_members(path):
    return _written(path, _members() | {f"x{i}": b"" for i in range(25_000)})


@_zip
def folders_that_are_files(path):
    return _written(path, _members() | {"assets/a": b"1", "assets/a/b": b"2", "assets/../x": b"3"})


def _with_field(content: bytes, place: int, form: str, value: int) -> bytes:
    """The archive with a number in the list's last entry changed."""
    data = bytearray(content)
    struct.pack_into(form, data, data.rfind(b"PK\x01\x02") + place, value)
    return bytes(data)


def _lie(name: str, place: int, form: str, value: int, method: int = zipfile.ZIP_STORED) -> None:
    def make(folder: Path) -> Path:
        path = folder / f"{name}.keras"
        members = _members()
        members["config.json"] = members.pop("config.json")  # the last
        _written(path, members, method)
        path.write_bytes(_with_field(path.read_bytes(), place, form, value))
        return path

    FILES[name] = make


_lie("encrypted", 8, "<H", 1)
_lie("another_method", 10, "<H", 97)
_lie("garbage_for_bzip2", 10, "<H", 12)
_lie("garbage_for_lzma", 10, "<H", 14)
_lie("packed_size_lies", 20, "<I", 0x7FFFFFFF)
_lie("unpacked_size_lies", 24, "<I", 0x7FFFFFFF)
_lie("unpacked_size_is_small", 24, "<I", 3, zipfile.ZIP_DEFLATED)
_lie("another_place", 42, "<I", 0x7FFFFFFF)


@_zip
def compressed_by_bzip2(path):
    members = _members()
    members["config.json"] = bytes(1 << 26)
    return _written(path, members, zipfile.ZIP_BZIP2)


@_zip
def twice_the_same(path):
    _written(path, _members())
    with zipfile.ZipFile(path, "a") as archive:
        archive._didModify = True
        archive.NameToInfo.clear()
        archive.writestr("config.json", "{}")
    return path


def _special(name: str, make: Callable[[Path], None]) -> None:
    for suffix in (".keras", ".weights.h5", ".h5"):

        def special(folder: Path, suffix: str = suffix) -> Path:
            path = folder / f"{name}{suffix}"
            make(path)
            return path

        FILES[f"{name}{suffix}"] = special


_special("pipe", os.mkfifo)
_special("folder", Path.mkdir)
_special("device", lambda path: path.symlink_to("/dev/zero"))
_special("links_in_a_circle", lambda path: path.symlink_to(path))
_special("nothing", Path.touch)


# --- config.json, in an archive and as the text for `model_from_json`


def _config(name: str, text: Callable[[], str]) -> None:
    def archive(folder: Path) -> Path:
        members = _members()
        members["config.json"] = text()
        return _written(folder / f"{name}.keras", members, zipfile.ZIP_DEFLATED)

    def json_text(folder: Path) -> Path:
        path = folder / f"{name}.json"
        path.write_text(text())
        return path

    FILES[f"{name}.keras"] = archive
    FILES[f"{name}.json"] = json_text


def _changed(path: str, value: Any, model: Any = None) -> str:
    """The config with the value at a path such as "config/layers/1/config/units" replaced."""
    config = json.loads((model or small()).to_json())
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    container = config
    for part in way:
        container = container[part]
    container[last] = value
    return json.dumps(config)


_UNITS = "config/layers/1/config/units"
_INITIALIZER = "config/layers/1/config/kernel_initializer"
_KERNEL_SIZE = "config/layers/1/config/kernel_size"
_LONG = "x" * (15 << 20)


def _initializer(name: str, **config: Any) -> dict[str, Any]:
    return {"module": "keras.initializers", "class_name": name, "config": config}


def _image(**settings: Any) -> Any:
    return keras.Sequential([keras.Input((64, 64, 3)), layers.Conv2D(2, 3, **settings)])


_config("long_class_name", lambda: _changed("config/layers/1/class_name", _LONG))
_config("long_class_name_beyond", lambda: _changed("class_name", _LONG * 4))
_config("long_layer_name", lambda: _changed("config/layers/1/config/name", _LONG))
_config("many_dicts", lambda: _changed("config/x", [{}] * 3_000_000))
_config("deep_lists", lambda: '{"class_name": "Sequential", "config": ' + "[" * 50_000)
_config("deep_models", lambda: _nested(300))
_config("many_units", lambda: _changed(_UNITS, 2**28))
_config("too_many_units", lambda: _changed(_UNITS, 2**62))
_config("a_great_number", lambda: _changed(_UNITS, 10**4000))
_config("infinite_units", lambda: _changed(_UNITS, float("inf")))
_config("units_in_a_list", lambda: _changed(_UNITS, [2]))
_config("no_units", lambda: _changed(_UNITS, None))
_config(
    "large_kernel", lambda: _changed("config/layers/1/config/kernel_size", [20000] * 2, _image())
)
_config("large_orthogonal", lambda: _orthogonal(4000))
_config("a_name_in_a_list", lambda: _changed("config/layers/1/class_name", ["Dense"]))
_config("a_module_in_a_list", lambda: _changed("config/layers/1/module", ["keras.layers"]))
_config("activation_in_a_list", lambda: _changed("config/layers/1/config/activation", ["relu"]))
_config("initializer_with_a_list", lambda: _changed(_INITIALIZER, _initializer([], seed=1)))
_config("shared_by_a_list", lambda: _changed("config/layers/1/shared_object_id", [1]))
_config("null", lambda: "null")
_config("a_list", lambda: "[1, 2]")
_config(
    "a_layer", lambda: json.dumps({"class_name": "Dense", "module": "keras.layers", "config": {}})
)
_config("computes_a_range", lambda: _with_operation("Arange", "numpy", [300_000_000]))
_config("computes_a_decomposition", lambda: _with_operation("SVD", "linalg", [_matrix(300)]))
_config("backwards", lambda: _chain(2000, backwards=True))
_config("called_often", lambda: _called(3000))
_config("calls_in_a_circle", lambda: _chain(30, circle=True))
_config("too_long_a_chain", lambda: _chain(10_000))
_config("metric_of_many_classes", lambda: _compiled({"name": "m", "num_classes": 2**20}, "MeanIoU"))
_config("metric_of_many_thresholds", lambda: _compiled({"num_thresholds": 2**28}, "AUC"))


def _orthogonal(units: int) -> str:
    config = json.loads(_changed(_INITIALIZER, _initializer("Orthogonal", gain=1.0, seed=1)))
    config["config"]["layers"][0]["config"]["batch_shape"] = [None, units]
    config["config"]["layers"][1]["config"]["units"] = units
    for layer in config["config"]["layers"]:
        layer.pop("build_config", None)
    config["config"].pop("build_input_shape", None)
    config.pop("build_config", None)
    return json.dumps(config)


def _nested(depth: int) -> str:
    text = '{"module": "keras.layers", "class_name": "ReLU", "config": {}}'
    before = '{"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": ['
    return before * depth + text + "]}}" * depth


def _matrix(n: int) -> dict[str, Any]:
    value = np.eye(n).astype(int).tolist()
    return {"class_name": "__numpy__", "config": {"value": value, "dtype": "float32"}}


def _tensor(name: str, call: int = 0) -> dict[str, Any]:
    history = {"shape": [None, 4], "dtype": "float32", "keras_history": [name, call, 0]}
    return {"class_name": "__keras_tensor__", "config": history}


def _drawn(rest: list[dict[str, Any]], last: list[Any]) -> str:
    """A drawn model of an input "i" and other layers."""
    first = {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_shape": [None, 4], "dtype": "float32", "name": "i"},
        "name": "i",
        "inbound_nodes": [],
    }
    config = {
        "name": "drawn",
        "trainable": True,
        "layers": [first, *rest],
        "input_layers": [["i", 0, 0]],
        "output_layers": [last],
    }
    return json.dumps(
        {"module": "keras.src.models.functional", "class_name": "Functional", "config": config}
    )


def _relu(name: str, sources: list[tuple[str, int]]) -> dict[str, Any]:
    nodes = [{"args": [_tensor(*source)], "kwargs": {}} for source in sources]
    return {
        "module": "keras.layers",
        "class_name": "ReLU",
        "config": {"name": name},
        "name": name,
        "inbound_nodes": nodes,
    }


def _chain(length: int, backwards: bool = False, circle: bool = False) -> str:
    chain = [_relu(f"r{i}", [(f"r{i - 1}" if i else "i", 0)]) for i in range(length)]
    if circle:
        chain[0] = _relu("r0", [(f"r{length - 1}", 0)])
    return _drawn(chain[::-1] if backwards else chain, [f"r{length - 1}", 0, 0])


def _called(times: int) -> str:
    sources = [("i", 0), *(("r", i) for i in range(times - 1))]
    return _drawn([_relu("r", sources)], ["r", times - 1, 0])


def _with_operation(class_name: str, module: str, args: list[Any]) -> str:
    operation = {
        "module": f"keras.src.ops.{module}",
        "class_name": class_name,
        "config": {"name": "o"},
        "name": "o",
        "inbound_nodes": [{"args": args, "kwargs": {}}],
    }
    return _drawn([operation], ["o", 0, 0])


def _compiled(settings: dict[str, Any], class_name: str) -> str:
    model = small()
    model.compile("adam", "mse", metrics=["mae"])
    config = json.loads(model.to_json())
    metric = {"module": "keras.metrics", "class_name": class_name, "config": settings}
    config["compile_config"]["metrics"] = [metric]
    return json.dumps(config)
