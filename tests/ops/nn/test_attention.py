import numpy as np
import pytest

from minicnn import KerasTensor, ops
from minicnn.testing import check_gradients


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("extra", [(), ("bias",), ("mask",), ("bias", "mask")])
@pytest.mark.parametrize("heads", [4, 2])
def test_attention(is_causal, extra, heads, rng, keras):
    query = rng.standard_normal((2, 3, 4, 5))
    key, value = rng.standard_normal((2, 2, 3, heads, 5))
    mask = rng.random((2, 4, 3, 3)) > 0.3
    mask |= np.eye(3, dtype=bool)
    arguments = {"bias": rng.standard_normal((2, 4, 3, 3)), "mask": mask}
    arguments = {name: arguments[name] for name in extra}

    def attend(query, key, value):
        return ops.dot_product_attention(query, key, value, **arguments, is_causal=is_causal)

    check_gradients(attend, query, key, value, order=1)
    expected = keras.ops.dot_product_attention(
        query, key, value, **arguments, is_causal=is_causal, flash_attention=False
    )
    np.testing.assert_allclose(attend(query, key, value), expected, rtol=1e-6, atol=1e-7)
    drawn = attend(KerasTensor(query.shape), KerasTensor(key.shape), KerasTensor(value.shape))
    assert drawn.shape == query.shape


def test_psnr(rng, keras):
    x1, x2 = rng.random((2, 3, 4))
    check_gradients(lambda a, b: ops.psnr(a, b, 1.0), x1, x2)
    np.testing.assert_allclose(ops.psnr(x1, x2, 2.0), keras.ops.psnr(x1, x2, 2.0), rtol=1e-6)
