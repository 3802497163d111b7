"""The functions of TensorFlow that differ from `keras.ops` in names only."""

from __future__ import annotations

from minicnn import initializers, ops, random
from minicnn.as_keras.tensorflow.registry import rows

BOTH = "tf math"

rows(
    ops,
    BOTH,
    "x",
    "abs acos=arccos acosh=arccosh asin=arcsin asinh=arcsinh atan=arctan atanh=arctanh cos cosh "
    "exp floor logical_not negative round sigmoid sign sin sinh sqrt square tan tanh",
)
rows(
    ops,
    "math",
    "x",
    "ceil conj erf erfc erfinv expm1 is_finite=isfinite is_inf=isinf is_nan=isnan log log1p "
    "log_sigmoid reciprocal rint=round rsqrt",
)
rows(ops, "math", "input>x", "angle imag real")
rows(
    ops,
    BOTH,
    "x>x1 y>x2",
    "add equal greater greater_equal less less_equal logical_and logical_or maximum minimum "
    "multiply not_equal pow=power subtract",
)
rows(ops, "math", "x>x1 y>x2", "divide_no_nan floordiv=floor_divide floormod=mod logical_xor mod")
rows(ops, BOTH, "y>x1 x>x2", "atan2=arctan2")
rows(ops, "math", "x1 x2", "nextafter")

AXIS = "input_tensor>x axis keepdims"
rows(ops, BOTH, AXIS, "reduce_all=all reduce_any=any reduce_logsumexp=logsumexp")
rows(
    ops,
    BOTH,
    AXIS,
    "reduce_max=max reduce_mean=mean reduce_min=min reduce_prod=prod reduce_sum=sum",
    keep_type=True,
)
rows(ops, "math", AXIS, "reduce_std=std reduce_variance=var")
rows(ops, "tf", "t>x clip_value_min>x_min clip_value_max>x_max", "clip_by_value=clip")

rows(ops, "tf", "input>x axis", "expand_dims squeeze")
rows(ops, "tf", "input>x shape", "broadcast_to")
rows(ops, "tf", "input>x multiples>repeats", "tile")
rows(ops, "tf", "input>x shift axis", "roll")
rows(ops, "tf", "input>variable", "stop_gradient")
rows(ops, "tf", "tensor>x shape>newshape", "reshape")
rows(ops, "tf", "tensor>x axis", "reverse=flip")
rows(ops, "tf", "values>x axis", "stack")
rows(ops, "tf", "value>x num axis", "unstack")
rows(ops, "tf", "input>x dtype -layout", "ones_like zeros_like")
rows(ops, "tf dtypes", "x dtype", "cast")
rows(ops, "tf dtypes", "value>x dtype", "saturate_cast")
rows(ops, "tf linalg", "a>x1 b>x2 axes", "tensordot")
rows(ops, "math nn", "targets predictions k", "in_top_k")

rows(ops, "nn", "features>x", "relu relu6 selu softplus softsign")
rows(ops, "math", "features>x", "softplus softsign")
rows(ops, "nn", "x", "sigmoid tanh")
rows(ops, "nn", "features>x", "elu")
rows(ops, "nn", "features>x approximate=False", "gelu")
rows(ops, "nn", "features>x alpha>negative_slope", "leaky_relu")
rows(random, "nn", "x>inputs rate noise_shape seed", "dropout")

rows(ops, "linalg", "input>x", "cholesky det inv")
rows(ops, "linalg", "tensor>x", "eig eigh")
rows(ops, "linalg", "matrix>a rhs>b", "solve")
rows(ops, "linalg", "a>x rcond", "pinv")
rows(ops, "linalg", "a>x tol", "matrix_rank")
rows(ops, "linalg", "a>x1 b>x2", "cross")
rows(ops, "linalg", "matrix>x", "logdet")
rows(ops, "linalg", "input>x", "slogdet")

SEGMENTS = "data segment_ids num_segments"
rows(
    ops,
    "math",
    SEGMENTS,
    "unsorted_segment_max=segment_max unsorted_segment_min=segment_min "
    "unsorted_segment_prod=segment_prod unsorted_segment_sum=segment_sum",
)

rows(random, "random", "shape mean stddev dtype seed", "normal truncated_normal")
rows(random, "random", "value>x seed", "shuffle")

rows(ops.image, "image", "images", "rgb_to_hsv hsv_to_rgb")

rows(initializers, "tf", "", "zeros_initializer=Zeros ones_initializer=Ones")
rows(initializers, "tf", "value", "constant_initializer=Constant")
rows(initializers, "tf", "mean stddev seed", "random_normal_initializer=RandomNormal")
rows(initializers, "tf", "minval maxval seed", "random_uniform_initializer=RandomUniform")
