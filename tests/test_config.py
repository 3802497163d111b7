import logging

import pytest

from minicnn import config
from minicnn.common import configuration, printing


def test_defaults_are_keras_s(keras):
    for name in ("floatx", "epsilon", "image_data_format", "max_epochs", "max_steps_per_epoch"):
        assert getattr(config, name)() == getattr(keras.config, name)()


@pytest.mark.parametrize("value", ["float16", "float32", "float64", "bfloat16"])
def test_set_floatx(value):
    config.set_floatx(value)
    assert config.floatx() == value


def test_unknown_floatx_is_refused_and_changes_nothing():
    with pytest.raises(ValueError, match=r"Unknown `floatx` value: float33.*float32"):
        config.set_floatx("float33")
    assert config.floatx() == "float32"


def test_data_format():
    config.set_image_data_format("Channels_First")
    assert config.image_data_format() == "channels_first"
    assert config.standardize_data_format(None) == "channels_first"
    assert config.standardize_data_format("CHANNELS_LAST") == "channels_last"
    with pytest.raises(ValueError, match=r"must be one of.*Received: data_format=middle"):
        config.set_image_data_format("middle")


def test_set_epsilon():
    config.set_epsilon(1e-3)
    assert config.epsilon() == 1e-3


def test_set_backend_takes_effect_and_refuses_unknown_names(backend):
    assert config.backend() == backend
    with pytest.raises(ValueError, match=r"Unknown backend 'jax'.*numba, numpy"):
        config.set_backend("jax")
    assert config.backend() == backend


def test_backend_comes_from_the_environment(monkeypatch):
    monkeypatch.setattr(configuration.values, "backend", None)
    monkeypatch.setenv("MINICNN_BACKEND", "numpy")
    assert config.backend() == "numpy"


def test_homes(monkeypatch, tmp_path):
    monkeypatch.delenv("MINICNN_HOME", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "k"))
    assert config.minicnn_home() == config.keras_home() == tmp_path / "k"
    monkeypatch.setenv("MINICNN_HOME", str(tmp_path / "m"))
    assert config.minicnn_home() == tmp_path / "m"
    assert config.keras_home() == tmp_path / "k"
    assert not list(tmp_path.iterdir()), "asking for a folder must not make it"


def test_bad_number_in_the_environment_names_the_variable(monkeypatch):
    monkeypatch.setenv("KERAS_MAX_EPOCHS", "two")
    with pytest.raises(ValueError, match=r"KERAS_MAX_EPOCHS must be a whole number.*'two'"):
        configuration._integer_from_environment("KERAS_MAX_EPOCHS")


def test_messages_go_to_logging_when_interactive_logging_is_off(capsys, caplog):
    config.disable_interactive_logging()
    with caplog.at_level(logging.INFO, logger="minicnn"):
        printing.print_msg("quiet")
    assert caplog.messages == ["quiet"]
    assert capsys.readouterr().out == ""
    config.enable_interactive_logging()
    printing.print_msg("loud")
    assert capsys.readouterr().out == "loud\n"


def test_dtype_policy_through_config():
    config.set_dtype_policy("mixed_float16")
    assert config.dtype_policy().compute_dtype == "float16"


def test_replay_is_switched_off_by_the_environment(monkeypatch):
    for text, expected in (("0", False), ("1", True), ("", True)):
        monkeypatch.setenv("MINICNN_REPLAY", text)
        assert configuration._switch_from_environment("MINICNN_REPLAY") is expected
    monkeypatch.setenv("MINICNN_REPLAY", "off")
    with pytest.raises(ValueError, match=r"MINICNN_REPLAY must be 0 or 1\. Received: 'off'"):
        configuration._switch_from_environment("MINICNN_REPLAY")
