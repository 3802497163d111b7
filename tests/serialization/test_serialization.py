import json
import warnings

import numpy as np
import pytest

import minicnn
from minicnn import layers, saving
from minicnn.serialization import serialization_lib


def square(x):
    return x**2


class Scale(layers.Layer):
    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        return x * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def through_json(thing, **kwargs):
    config = json.loads(json.dumps(saving.serialize_keras_object(thing)))
    return saving.deserialize_keras_object(config, **kwargs)


@pytest.mark.parametrize(
    "thing",
    ["hello", b"hello", 1, 2.5, True, None, ["a", 0, [1.0]], {"1": [True], "2": None}, ...],
)
def test_plain_things(thing):
    assert through_json(thing) == thing


@pytest.mark.parametrize(
    "thing",
    [
        "hello",
        b"hello",
        (1, [2, {"a": None}]),
        slice(None, 20, 1),
        slice(None, np.array([0, 1]), 1),
        np.float32(1.5),
        np.array(2),
        np.array([[0.0, 1.0]], "float16"),
        ...,
    ],
)
def test_the_same_data_as_keras_s(keras, thing):
    assert saving.serialize_keras_object(thing) == keras.saving.serialize_keras_object(thing)


def test_arrays_and_tensors(rng):
    array = rng.normal(size=(2, 3)).astype("float32")
    back = through_json({"array": array, "tensor": minicnn.ops.convert_to_tensor(array)})
    assert isinstance(back["array"], np.ndarray)
    assert isinstance(back["tensor"], minicnn.Tensor)
    for value in back.values():
        np.testing.assert_array_equal(value, array)
        assert np.dtype(value.dtype) == np.float32


def test_a_type_is_its_name():
    assert saving.serialize_keras_object(np.dtype("float64")) == "float64"


def test_symbolic_tensors_remember_their_place():
    x = minicnn.Input((3,), name="in")
    config = saving.serialize_keras_object(x)
    assert config["class_name"] == "__keras_tensor__"
    back = saving.deserialize_keras_object(json.loads(json.dumps(config)))
    assert back.shape == (None, 3)
    assert back._keras_history == ["in", 0, 0]


def test_custom_objects_by_argument_scope_and_registration():
    layer = Scale(3, name="s")
    assert through_json(layer, custom_objects={"Scale": Scale}).factor == 3
    with saving.custom_object_scope({"Scale": Scale}):
        assert through_json(layer).name == "s"
    assert through_json({"f": square}, custom_objects={"square": square})["f"] is square


def test_custom_objects_reach_inner_layers():
    model = minicnn.Sequential([minicnn.Input((2,)), Scale(2), layers.Dense(1, activation=square)])
    back = through_json(model, custom_objects={"Scale": Scale, "square": square})
    assert back.layers[0].factor == 2
    assert back.layers[1].activation is square


def test_unknown_classes_get_the_near_match():
    config = {"module": "keras.layers", "class_name": "Conv2d", "config": {}}
    with pytest.raises(TypeError, match=r"class 'Conv2d' in `keras.layers`. Did you mean 'Conv2D'"):
        saving.deserialize_keras_object(config)


def test_the_user_s_unknown_class_says_what_to_do():
    config = json.loads(json.dumps(saving.serialize_keras_object(Scale(1))))
    with pytest.raises(TypeError, match=r"'Scale'.*register_keras_serializable.*custom_objects"):
        saving.deserialize_keras_object(config)


def test_unknown_function():
    config = {
        "module": "builtins",
        "class_name": "function",
        "config": "rellu",
        "registered_name": "function",
    }
    with pytest.raises(TypeError, match="Could not locate function 'rellu'"):
        saving.deserialize_keras_object(config)


def test_a_setting_that_is_an_unknown_function():
    model = minicnn.Sequential([minicnn.Input((2,)), layers.Dense(1, activation=square)])
    with pytest.raises(TypeError, match=r"^Could not locate function 'square'.*custom_objects"):
        through_json(model)


def test_the_name_of_a_registered_function_without_its_package():
    config = {
        "module": "builtins",
        "class_name": "function",
        "config": "square",
        "registered_name": "function",
    }
    assert saving.deserialize_keras_object(config, {"mine>square": square}) is square


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        ({"class_name": "Dense", "config": [1]}, TypeError, "Expected 'config' to be a dict"),
        ({"class_name": "function", "config": [1]}, TypeError, "to be a non-null str"),
        (object(), TypeError, "Could not parse config"),
        (
            {"module": "keras.layers", "class_name": "Dense", "config": {"unit": 1}},
            (TypeError, ValueError),
            "unit",
        ),
        (
            {
                "module": "keras.layers",
                "class_name": "Dense",
                "config": {"units": 1},
                "registered_name": "subprocess>Popen",
            },
            ValueError,
            "resolved to a Keras built-in",
        ),
        (
            {"module": "os", "class_name": "system", "config": {}},
            TypeError,
            "Could not locate class 'system'",
        ),
    ],
)
def test_bad_configs(config, error, message):
    with pytest.raises(error, match=message):
        saving.deserialize_keras_object(config)


def test_quantized_layers_are_refused_and_none_is_no_quantization():
    config = saving.serialize_keras_object(layers.Dense(2, name="d"))
    config["config"]["quantization_config"] = None
    assert saving.deserialize_keras_object(config).units == 2
    config["config"]["quantization_config"] = {"mode": "int8"}
    with pytest.raises(ValueError, match="Dense 'd' is quantized"):
        saving.deserialize_keras_object(config)


def test_code_in_a_file_is_never_run():
    with pytest.warns(UserWarning, match="includes a `lambda`.*test_serialization.py"):
        config = json.loads(json.dumps(saving.serialize_keras_object({"f": lambda x: x})))
    for safe_mode in (True, False):
        with pytest.raises(ValueError, match="arbitrary code execution"):
            saving.deserialize_keras_object(config, safe_mode=safe_mode)
    with (
        serialization_lib.SafeModeScope(False),
        pytest.raises(ValueError, match="arbitrary code execution"),
    ):
        saving.deserialize_keras_object(config)


def test_lambdas_are_written_as_keras_does(keras):
    function = lambda x, a=2: x + a  # noqa: E731
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = saving.serialize_keras_object(function)
        theirs = keras.saving.serialize_keras_object(function)
    assert ours == theirs


def test_things_without_a_config_are_refused():
    class Bare:
        pass

    with pytest.raises(TypeError, match="must implement the `get_config"):
        saving.serialize_keras_object(Bare())

    class Wrong:
        def get_config(self):
            return 3

    with pytest.raises(TypeError, match=r"should return a dict. It returned: 3"):
        saving.serialize_keras_object(Wrong())


def test_a_class_without_from_config():
    class Half:
        def get_config(self):
            return {}

    with pytest.raises(TypeError, match="has no `from_config"):
        through_json(Half(), custom_objects={"Half": Half})


def test_an_object_met_twice_is_one_object_again():
    shared = layers.Dense(2)
    with serialization_lib.ObjectSharingScope():
        configs = saving.serialize_keras_object([shared, shared, layers.Dense(2)])
        assert configs[0]["shared_object_id"] == configs[1]["shared_object_id"]
        assert "shared_object_id" not in configs[2]
        first, second, third = saving.deserialize_keras_object(json.loads(json.dumps(configs)))
    assert first is second
    assert first is not third


def test_module_objects():
    known = {"Dense": layers.Dense, "square": square}
    read = serialization_lib.deserialize_keras_object
    assert read("square", module_objects=known) is square
    assert read("unknown", module_objects=known) == "unknown"
    assert read(None, module_objects=known) is None
    dense = read({"class_name": "Dense", "config": {"units": 3}}, module_objects=known)
    assert dense.units == 3
    with pytest.raises(ValueError, match="Unknown `config` as a `dict`"):
        read({"units": 3}, module_objects=known)
    with pytest.raises(TypeError, match="Cannot deserialize object of type `Own`"):
        read({"class_name": "Own", "module": None, "config": {}}, module_objects=known)
    assert read("square", {"square": len}, module_objects=known) is len


def test_reading_leaves_the_config_alone():
    config = saving.serialize_keras_object(minicnn.Sequential([minicnn.Input((2,)), Scale(2)]))
    before = json.dumps(config)
    saving.deserialize_keras_object(config, {"Scale": Scale})
    assert json.dumps(config) == before
