import inspect

import pytest

import minicnn
from minicnn.serialization import public_names

FAMILIES = (
    "layers",
    "losses",
    "metrics",
    "optimizers",
    "optimizers.schedules",
    "initializers",
    "regularizers",
    "constraints",
    "dtype_policies",
    "random",
)


def member(package, path):
    for name in path.split("."):
        package = getattr(package, name)
    return package


@pytest.mark.parametrize("family", FAMILIES)
def test_classes_are_written_under_keras_s_names(keras, family):
    from keras.src.api_export import REGISTERED_OBJS_TO_NAMES

    ours, theirs = member(minicnn, family), member(keras, family)
    compared = 0
    for name in dir(theirs):
        cls, keras_cls = getattr(ours, name, None), getattr(theirs, name)
        if not inspect.isclass(cls) or keras_cls not in REGISTERED_OBJS_TO_NAMES:
            continue
        module, class_name = public_names.keras_name(cls)
        assert f"{module}.{class_name}" == REGISTERED_OBJS_TO_NAMES[keras_cls]
        assert public_names.find_class(module, class_name) is cls
        compared += 1
    assert compared


@pytest.mark.parametrize("name", public_names._TOP_LEVEL)
def test_top_level_classes(keras, name):
    from keras.src.api_export import REGISTERED_OBJS_TO_NAMES

    assert REGISTERED_OBJS_TO_NAMES[getattr(keras, name)] == f"keras.{name}"
    assert public_names.keras_name(getattr(minicnn, name)) == ("keras", name)


@pytest.mark.parametrize("module", ["numpy", "nn", "core", "math", "linalg", "image"])
def test_operations_are_where_keras_has_them(keras, module):
    import importlib

    ours = member(minicnn.ops, module)
    theirs = importlib.import_module(f"keras.src.ops.{module}")
    for name in dir(ours):
        cls = getattr(ours, name)
        if inspect.isclass(cls) and public_names.keras_name(cls) and name == cls.__name__:
            where, class_name = public_names.keras_name(cls)
            # Keras draws patches of volumes as ExtractPatches; it cannot read ours.
            if where == f"keras.src.ops.{module}" and name != "ExtractPatches3D":
                assert hasattr(theirs, class_name), name


def test_functional_and_inner_names_of_other_versions():
    assert public_names.keras_name(minicnn.Functional) == (
        "keras.src.models.functional",
        "Functional",
    )
    assert public_names.find_class("keras.src.engine.functional", "Functional") is (
        minicnn.Functional
    )
    assert public_names.find_class("keras.src.ops.old_place", "Add") is None, "layer or op?"


def test_aliases_are_read_but_not_written():
    cls = minicnn.layers.MaxPool2D
    assert cls is minicnn.layers.MaxPooling2D
    assert public_names.find_class("keras.layers", "MaxPool2D") is cls
    assert public_names.keras_name(cls) == ("keras.layers", "MaxPooling2D")


def test_classes_of_others_have_no_keras_name():
    class Own(minicnn.layers.Dense):
        pass

    assert public_names.keras_name(Own) is None
    assert public_names.keras_name(dict) is None


def test_functions():
    assert public_names.find_function("relu") is minicnn.activations.relu
    assert public_names.find_function("mean_squared_error") is minicnn.losses.mean_squared_error
    for name in ("get", "deserialize", "_private", "no_such_function", "importlib", "eval"):
        assert public_names.find_function(name) is None


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("keras.callbacks", "CSVLogger"),
        ("keras.utils", "get_file"),
        ("keras.saving", "load_model"),
        ("keras", "saving"),
        ("keras.layers", "importlib"),
        ("os", "system"),
        ("builtins", "eval"),
    ],
)
def test_what_a_file_cannot_reach(module, name):
    assert public_names.find_class(module, name) is None
