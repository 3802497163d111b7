import threading

import pytest

from minicnn import saving
from minicnn.serialization import object_registration


@pytest.fixture(autouse=True)
def _no_registrations_left():
    objects = dict(object_registration.GLOBAL_CUSTOM_OBJECTS)
    names = dict(object_registration.GLOBAL_CUSTOM_NAMES)
    yield
    for store, before in (
        (object_registration.GLOBAL_CUSTOM_OBJECTS, objects),
        (object_registration.GLOBAL_CUSTOM_NAMES, names),
    ):
        store.clear()
        store.update(before)


def double(x):
    return 2 * x


class Configured:
    def get_config(self):
        return {}


def test_registered_under_package_and_name():
    saving.register_keras_serializable()(double)
    assert saving.get_registered_name(double) == "Custom>double"
    saving.register_keras_serializable("mine", "twice")(double)
    assert saving.get_registered_name(double) == "mine>twice"
    assert saving.get_registered_object("mine>twice") is double
    assert saving.get_custom_objects()["mine>twice"] is double


def test_unregistered_things_have_their_own_name():
    assert saving.get_registered_name(Configured) == "Configured"
    assert saving.get_registered_object("Configured") is None


def test_a_class_needs_get_config():
    with pytest.raises(ValueError, match=r"does not have a get_config\(\) method. Add one to Bare"):

        @saving.register_keras_serializable()
        class Bare:
            pass


def test_scopes_add_up_and_end():
    with saving.custom_object_scope({"a": 1, "b": 1}):
        with saving.CustomObjectScope({"b": 2}):
            assert saving.get_registered_object("a") == 1
            assert saving.get_registered_object("b") == 2
        assert saving.get_registered_object("b") == 1
    assert saving.get_registered_object("a") is None


def test_a_scope_belongs_to_its_thread():
    seen = []
    with saving.custom_object_scope({"a": 1}):
        thread = threading.Thread(target=lambda: seen.append(saving.get_registered_object("a")))
        thread.start()
        thread.join()
    assert seen == [None]


def test_places_in_order():
    arguments = {"custom_objects": {"a": "custom"}, "module_objects": {"a": "module", "b": "b"}}
    assert saving.get_registered_object("a", **arguments) == "custom"
    assert saving.get_registered_object("b", **arguments) == "b"
    with saving.custom_object_scope({"a": "scope"}):
        assert saving.get_registered_object("a", **arguments) == "scope"
