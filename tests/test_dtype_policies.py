import numpy as np
import pytest

import minicnn
from minicnn import config, dtype_policies, mixed_precision
from minicnn.dtype_policies import DTypePolicy, DTypePolicyMap, FloatDTypePolicy


@pytest.mark.parametrize(
    "name", ["float32", "float64", "float16", "mixed_float16", "mixed_bfloat16", "int8", "bool"]
)
def test_types_are_keras_s(keras, name):
    ours, theirs = DTypePolicy(name), keras.DTypePolicy(name)
    for attribute in ("name", "compute_dtype", "variable_dtype", "quantization_mode"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    assert repr(ours) == repr(theirs)
    assert ours.get_config() == theirs.get_config()
    assert dtype_policies.serialize(ours) == keras.dtype_policies.serialize(theirs)


def test_round_trip():
    policy = DTypePolicy("mixed_float16")
    assert dtype_policies.deserialize(dtype_policies.serialize(policy)) == policy


def test_equal_by_name():
    assert DTypePolicy("float32") == FloatDTypePolicy("float32")
    assert hash(DTypePolicy("float32")) == hash(FloatDTypePolicy("float32"))
    assert DTypePolicy("float32") != DTypePolicy("float16")
    assert DTypePolicy("float32") != "float32"


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("float31", ValueError, "Cannot convert 'float31'.*mixed_float16"),
        (3, TypeError, "'name' must be a string.*Received: name=3"),
    ],
)
def test_bad_names(name, error, message):
    with pytest.raises(error, match=message):
        DTypePolicy(name)


def test_the_default_policy_follows_floatx_until_it_is_set():
    config.set_floatx("float64")
    assert dtype_policies.dtype_policy().name == "float64"
    config.set_dtype_policy("mixed_float16")
    assert DTypePolicy().name == "mixed_float16"
    assert mixed_precision.global_policy() == mixed_precision.Policy("mixed_float16")
    minicnn.utils.clear_session()
    assert dtype_policies.dtype_policy().name == "float64"


def test_the_default_policy_must_be_a_policy():
    with pytest.raises(ValueError, match=r"Invalid `policy` argument.*Received: policy=3"):
        config.set_dtype_policy(3)


def test_get():
    policy = DTypePolicy("float16")
    assert dtype_policies.get(policy) is policy
    assert dtype_policies.get(None).name == "float32"
    assert dtype_policies.get("mixed_float16").compute_dtype == "float16"
    assert dtype_policies.get(np.float64).name == "float64"
    assert dtype_policies.get(dtype_policies.serialize(policy)) == policy
    with pytest.raises(ValueError, match="Cannot interpret `dtype` argument"):
        dtype_policies.get(object())


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (np.ones(2, "float64"), "float16"),
        (np.ones(2, "int32"), "int32"),
        (np.ones(2, "bool"), "bool"),
        (minicnn.ops.ones((2,)), "float16"),
        (minicnn.KerasTensor((2,)), "float16"),
        (minicnn.KerasTensor((2,), "int32"), "int32"),
        (minicnn.Variable(np.ones(2, "float32")), "float16"),
    ],
)
def test_floats_are_cast(x, expected):
    policy = DTypePolicy("mixed_float16")
    cast = policy.convert_input(x, True, policy.compute_dtype)
    assert minicnn.utils.standardize_dtype(cast.dtype) == expected
    kept = policy.convert_input(x, False, policy.compute_dtype)
    assert minicnn.utils.standardize_dtype(kept.dtype) == (minicnn.utils.standardize_dtype(x.dtype))


def test_what_is_no_array_passes():
    for x in (None, "text", {"a": 1}, 3):
        assert DTypePolicy("float16").convert_input(x, True, "float16") is x


def test_a_map_finds_paths_and_patterns():
    policies = DTypePolicyMap("float32")
    policies["encoder/.*"] = "float16"
    policies["encoder/dense"] = DTypePolicy("float64")
    assert policies["encoder/dense"].name == "float64"
    assert policies["encoder/other"].name == "float16"
    assert policies["decoder"].name == "float32"
    assert policies["my_encoder/other"].name == "float32", "the whole path must match"
    assert (policies.name, policies.compute_dtype) == ("map_float32", "float32")
    assert len(policies) == 2
    assert set(policies) == {"encoder/.*", "encoder/dense"}
    policies["encoder/o.*"] = "float64"
    with pytest.raises(ValueError, match="matches multiple dtype policy"):
        policies["encoder/other"]
    del policies["encoder/o.*"]
    assert "encoder/o.*" not in policies


def test_a_map_survives_a_round_trip():
    policies = DTypePolicyMap("float32", {"a": DTypePolicy("float16")})
    back = dtype_policies.deserialize(dtype_policies.serialize(policies))
    assert isinstance(back, DTypePolicyMap)
    assert back["a"].name == "float16"
    assert back["b"].name == "float32"


def test_what_a_map_refuses():
    policies = DTypePolicyMap()
    policies["a"] = "float16"
    with pytest.raises(ValueError, match="a already exist in the DTypePolicyMap"):
        policies["a"] = "float32"
    with pytest.raises(ValueError, match="Cannot interpret the assigned value"):
        policies["b"] = object()
    with pytest.raises(TypeError, match="If specified, `policy_map` must be a dict"):
        DTypePolicyMap(policy_map=3)
    with pytest.raises(ValueError, match="cannot be a `DTypePolicyMap`"):
        DTypePolicyMap(policies)
