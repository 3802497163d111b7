import itertools

import numpy as np
import pytest

from minicnn.ops.nn.output_shapes import (
    compute_conv_output_shape,
    compute_conv_transpose_output_shape,
    compute_pooling_output_shape,
)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_against_keras(padding, data_format, keras):
    from keras.src.backend.common import backend_utils
    from keras.src.ops import operation_utils

    for n, k, s, d in itertools.product([5, 8, None], [1, 2, 5], [1, 2, 3], [1, 2]):
        spatial = (n, 9)
        shape = (None, *spatial, 3) if data_format == "channels_last" else (None, 3, *spatial)
        pairs = [
            (
                compute_conv_output_shape,
                operation_utils.compute_conv_output_shape,
                (shape, 4, (k, 2), (s, 1), padding, data_format, (d, 1)),
            ),
            (
                compute_pooling_output_shape,
                operation_utils.compute_pooling_output_shape,
                (shape, (k, 2), (s, 1), padding, data_format),
            ),
            (
                compute_conv_transpose_output_shape,
                backend_utils.compute_conv_transpose_output_shape,
                (shape, (k, 2), 4, (s, 2), padding, None, data_format, (d, 1)),
            ),
        ]
        for ours, theirs, arguments in pairs:
            try:
                expected = tuple(theirs(*arguments))
            except ValueError:
                with pytest.raises(ValueError, match="zero or negative"):
                    ours(*arguments)
            else:
                assert ours(*arguments) == expected, arguments


def test_explicit_padding():
    shape = compute_conv_output_shape((1, 5, 6, 2), 4, (3, 3), padding=((1, 0), (2, 2)))
    assert shape == (1, 4, 8, 4)
    assert all(isinstance(n, int) for n in shape)
    assert compute_pooling_output_shape((np.int64(1), 4, 4, 1), 2, None) == (1, 2, 2, 1)
