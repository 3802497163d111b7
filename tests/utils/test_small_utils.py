"""Names, suggestions, seeds, and helpers in plain Python."""

import random
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn.common import naming, python_utils, session, suggest
from minicnn.utils import rng_utils


@given(st.text("aAbB1_ é-Z", max_size=12))
def test_snake_case_is_keras_s(keras, name):
    from keras.src.utils.naming import to_snake_case

    assert naming.to_snake_case(name) == to_snake_case(name)


def test_automatic_names_count_up_until_the_session_is_cleared():
    assert [naming.auto_name("Conv2D") for _ in range(3)] == ["conv2d", "conv2d_1", "conv2d_2"]
    assert naming.get_uid("conv2d") == 4
    session.clear_session(free_memory=False)
    assert naming.auto_name("Conv2D") == "conv2d"


def test_names_belong_to_a_thread():
    naming.auto_name("Dense")
    names = []
    thread = threading.Thread(target=lambda: names.append(naming.auto_name("Dense")))
    thread.start()
    thread.join()
    assert names == ["dense"]


def test_object_names():
    class Thing:
        pass

    thing = Thing()
    assert naming.get_object_name(thing) == "thing"
    assert naming.get_object_name(Thing) == "thing"
    thing.name = "mine"
    assert naming.get_object_name(thing) == "mine"


def test_suggestions():
    assert suggest.near_match("categorical_crossentopy", ["mse", "categorical_crossentropy"]) == (
        "categorical_crossentropy"
    )
    assert suggest.near_match("qqq", ["mse"]) is None
    message = suggest.unknown_name("loss", "msse", ["mse", "mae"])
    assert message == "Unknown loss: 'msse'. Did you mean 'mse'? Expected one of: 'mae', 'mse'."


def draws():
    layer_seed = minicnn.random.normal((3,)).numpy()
    return random.random(), np.random.rand(), layer_seed.tolist()


def test_one_seed_for_everything():
    minicnn.utils.set_random_seed(7)
    first = draws()
    assert draws() != first
    minicnn.utils.set_random_seed(7)
    assert draws() == first
    assert rng_utils.get_random_seed() == 7
    minicnn.utils.set_random_seed(8)
    assert draws() != first


def test_the_seed_must_be_a_whole_number():
    with pytest.raises(ValueError, match=r"to be an integer. Received: seed=1\.5"):
        minicnn.utils.set_random_seed(1.5)


def test_default_methods_are_told_from_overridden_ones():
    class Base:
        @python_utils.default
        def build(self):
            pass

    class Own(Base):
        def build(self):
            pass

    assert python_utils.is_default(Base().build)
    assert not python_utils.is_default(Own().build)


def test_pythonify_logs():
    logs = {"b": np.float32(0.5), "a": {"inner": np.array(2)}, "text": "x"}
    assert python_utils.pythonify_logs(logs) == {"inner": 2.0, "b": 0.5, "text": "x"}
    assert python_utils.pythonify_logs(None) == {}


def test_remove_by_id_does_not_compare():
    a, b = np.zeros(2), np.zeros(2)
    items = [a, b]
    python_utils.remove_by_id(items, b)
    assert len(items) == 1
    assert items[0] is a


def test_every_public_util_can_be_imported():
    for name in minicnn.utils.__all__:
        assert getattr(minicnn.utils, name) is not None, name
    with pytest.raises(AttributeError, match="no attribute 'to_categoric'"):
        _ = minicnn.utils.to_categoric


def test_source_inputs():
    a, b = minicnn.Input((2,)), minicnn.Input((2,))
    c = minicnn.ops.add(a, b)
    d = minicnn.ops.multiply(c, a)
    sources = minicnn.utils.get_source_inputs(d)
    assert len(sources) == 2
    assert sources[0] is a
    assert sources[1] is b
    assert minicnn.utils.get_source_inputs(a) == [a]
