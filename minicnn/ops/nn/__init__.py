"""Operations of neural networks: activations, convolution, pooling, normalization, cross-entropy.

Each function has an operation class for symbolic graphs: `conv` and `Conv`.
"""

from minicnn.common import keras_names
from minicnn.ops.define.declare import operation_classes
from minicnn.ops.nn.activations import (
    celu,
    elu,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_swish,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    squareplus,
    swish,
    tanh_shrink,
    threshold,
)
from minicnn.ops.nn.attention import dot_product_attention, psnr
from minicnn.ops.nn.convolution import conv, depthwise_conv, separable_conv
from minicnn.ops.nn.crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from minicnn.ops.nn.encoding import multi_hot, one_hot
from minicnn.ops.nn.normalization import (
    batch_normalization,
    layer_normalization,
    moments,
    normalize,
    rms_normalization,
)
from minicnn.ops.nn.output_shapes import (
    compute_conv_output_shape,
    compute_conv_transpose_output_shape,
    compute_conv_transpose_padding_args_for_jax,
    compute_pooling_output_shape,
)
from minicnn.ops.nn.patches import depth_to_space, fold, space_to_depth, unfold
from minicnn.ops.nn.polar_coordinates import polar
from minicnn.ops.nn.pooling import (
    adaptive_average_pool,
    adaptive_max_pool,
    average_pool,
    max_pool,
)
from minicnn.ops.nn.softmax_family import log_softmax, softmax, sparsemax
from minicnn.ops.nn.transposed_convolution import conv_transpose

globals().update(operation_classes(globals()))

__getattr__ = keras_names.missing_in(__name__)
