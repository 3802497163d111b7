import json

import numpy as np

from minicnn import config, layers


def test_one_factor_a_channel_with_channels_first():
    x = np.random.default_rng(0).random((2, 3, 4, 4)).astype("float32")
    config.set_image_data_format("channels_first")
    try:
        y = layers.Rescaling([1.0, 2.0, 3.0], [0.0, 1.0, 2.0])(x)
    finally:
        config.set_image_data_format("channels_last")
    expected = x * np.reshape([1, 2, 3], (3, 1, 1)) + np.reshape([0, 1, 2], (3, 1, 1))
    np.testing.assert_allclose(y, expected, rtol=1e-6)


def test_arrays_go_into_the_config_and_come_back():
    layer = layers.Rescaling(np.array([0.5, 0.25]), offset=np.array(0.5))
    written = json.loads(json.dumps(layer.get_config()))
    twin = layers.Rescaling.from_config(written)
    np.testing.assert_array_equal(twin(np.ones((1, 2))), layer(np.ones((1, 2))))
    assert layers.Rescaling(0.5).get_config()["scale"] == 0.5
