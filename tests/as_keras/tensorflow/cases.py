"""Calls of TensorFlow's functions, which real TensorFlow and the table answer alike.

`x` has arrays: `f` float32 (4, 3), `p` positive, `d` float64, `i` int32 (4, 3), `u` uint8 images
(2, 5, 7, 3), `m` float32 images of the same shape between 0 and 1, `q` a positive definite matrix,
`b` booleans (4, 3), `g` a float32 (4, 3) with other values.
"""

UNARY = "abs atan cos cosh exp floor negative round sigmoid sign sin sinh square tan tanh asinh"
POSITIVE = "sqrt acosh"
OF_MATH = "ceil erf erfc expm1 log_sigmoid rint is_finite is_inf is_nan softplus softsign"
POSITIVE_OF_MATH = "log log1p reciprocal rsqrt"
BINARY = "add equal greater greater_equal less less_equal maximum minimum multiply not_equal"
BINARY += " subtract atan2 divide truediv"
WHOLE = "add equal greater less_equal maximum minimum multiply subtract divide truediv"
REDUCED = "reduce_max reduce_mean reduce_min reduce_prod reduce_sum"
NN = "relu relu6 selu elu softplus softsign gelu leaky_relu sigmoid tanh silu swish crelu"


def at(tf, path):
    """What stands at a dotted path."""
    for part in path.split("."):
        tf = getattr(tf, part)
    return tf


def _families():
    yield from ((n, n, lambda f, x: f(x.f * 2)) for n in UNARY.split())
    yield from ((n, n, lambda f, x: f(x.p + 1)) for n in POSITIVE.split())
    yield from ((f"{n} small", n, lambda f, x: f(x.f / 9)) for n in ("acos", "asin", "atanh"))
    yield from ((f"math.{n}", f"math.{n}", lambda f, x: f(x.f)) for n in OF_MATH.split())
    yield from ((f"math.{n}", f"math.{n}", lambda f, x: f(x.p)) for n in POSITIVE_OF_MATH.split())
    yield from ((f"{n} float64", n, lambda f, x: f(x.d)) for n in ("exp", "sin", "square"))
    yield from ((f"{n} int", n, lambda f, x: f(x.i)) for n in ("abs", "negative", "sign", "square"))
    yield from ((n, n, lambda f, x: f(x.f, y=x.g)) for n in BINARY.split() if n != "atan2")
    yield from ((f"{n} int", n, lambda f, x: f(x.i, x.i + 1)) for n in WHOLE.split())
    for n in REDUCED.split():
        yield n, n, lambda f, x: f(x.f)
        yield f"{n} axes", n, lambda f, x: f(x.m, axis=[1, -1], keepdims=True)
        yield f"{n} int", n, lambda f, x: f(input_tensor=x.i, axis=0)
        yield f"{n} uint8", n, lambda f, x: f(x.u[:1, :2, :1], 1)
        yield f"{n} float64", n, lambda f, x: f(x.d, -1, True)
    yield from ((f"nn.{n}", f"nn.{n}", lambda f, x: f(x.f * 3)) for n in NN.split())


CASES = {label: (path, call) for label, path, call in _families()}

MORE = {
    "reduce_all": lambda tf, x: tf.reduce_all(x.b, axis=1),
    "reduce_any": lambda tf, x: tf.math.reduce_any(x.b, keepdims=True),
    "reduce_logsumexp": lambda tf, x: tf.reduce_logsumexp(x.f, 1),
    "reduce_std": lambda tf, x: tf.math.reduce_std(x.f, 0),
    "reduce_variance": lambda tf, x: tf.math.reduce_variance(x.d),
    "euclidean_norm": lambda tf, x: tf.math.reduce_euclidean_norm(x.f, 1, True),
    "angle": lambda tf, x: tf.math.angle(tf.cast(x.f, tf.complex64)),
    "real": lambda tf, x: tf.math.real(tf.cast(x.f, tf.complex64)),
    "imag": lambda tf, x: tf.math.imag(tf.cast(x.f, tf.complex64)),
    "conj": lambda tf, x: tf.math.conj(x.f),
    "erfinv": lambda tf, x: tf.math.erfinv(x.f / 9),
    "logical": lambda tf, x: [
        tf.logical_and(x.b, ~x.b[::-1]),
        tf.logical_or(x.b, x.b[::-1]),
        tf.logical_not(x.b),
        tf.math.logical_xor(x.b, x.b[::-1]),
    ],
    "atan2": lambda tf, x: tf.atan2(y=x.f, x=x.g),
    "pow": lambda tf, x: [tf.pow(x.p, 1.5), tf.pow(x.i, 2), tf.pow(2.0, x.f)],
    "divisions": lambda tf, x: [
        tf.math.floordiv(x.i, 4),
        tf.math.floormod(x.i, 4),
        tf.math.mod(x.f, 0.7),
        tf.math.divide_no_nan(x.f, tf.zeros_like(x.f)),
        tf.divide(x.u, x.u + 1),
    ],
    "nextafter": lambda tf, x: tf.math.nextafter(x.f, x.f + 1),
    "squared_difference": lambda tf, x: tf.math.squared_difference(x.f, x.g),
    "no_nan": lambda tf, x: tf.math.multiply_no_nan(x.f, tf.nn.relu(x.g)),
    "xlogy": lambda tf, x: tf.math.xlogy(tf.nn.relu(x.g), x.p),
    "add_n": lambda tf, x: tf.add_n([x.f, x.g, x.f]),
    "scalar_mul": lambda tf, x: tf.scalar_mul(2.5, x.f),
    "polyval": lambda tf, x: tf.math.polyval([1.0, -2.0, 0.5], x.f),
    "argmax": lambda tf, x: [
        tf.argmax(x.f),
        tf.argmax(x.f, axis=1, output_type=tf.int32),
        tf.math.argmin(x.i, axis=-1),
    ],
    "top_k": lambda tf, x: [
        tf.math.top_k(x.f, k=2).values,
        tf.nn.top_k(x.f, 2).indices,
    ],
    "in_top_k": lambda tf, x: tf.math.in_top_k([0, 1, 2, 0], x.f, 2),
    "count_nonzero": lambda tf, x: [
        tf.math.count_nonzero(x.i),
        tf.math.count_nonzero(x.i, axis=1, keepdims=True, dtype=tf.int32),
    ],
    "zero_fraction": lambda tf, x: tf.nn.zero_fraction(tf.nn.relu(x.f)),
    "cumsum": lambda tf, x: [
        tf.cumsum(x.f),
        tf.cumsum(x.i, axis=1, exclusive=True),
        tf.math.cumsum(x.f, axis=-1, reverse=True),
        tf.cumsum(x.u, axis=2, exclusive=True, reverse=True),
    ],
    "cumprod": lambda tf, x: tf.math.cumprod(x.f, axis=1, exclusive=True),
    "segments": lambda tf, x: [
        tf.math.segment_sum(x.f, [0, 0, 1, 2]),
        tf.math.segment_max(x.f, [0, 0, 1, 2]),
        tf.math.segment_mean(x.f, [0, 0, 1, 2]),
        tf.math.unsorted_segment_sum(x.f, [2, 0, 2, 1], num_segments=3),
        tf.math.unsorted_segment_max(x.f, [2, 0, 2, 1], 3),
        tf.math.unsorted_segment_mean(x.f, [2, 0, 2, 1], 3),
    ],
    "bincount": lambda tf, x: [
        tf.math.bincount([1, 1, 4]),
        tf.math.bincount([1, 1, 4], weights=[0.5, 1.0, 2.0], minlength=7),
    ],
    "confusion_matrix": lambda tf, x: [
        tf.math.confusion_matrix([0, 1, 2, 1], [0, 2, 2, 1]),
        tf.math.confusion_matrix([0, 1], [0, 0], num_classes=3, dtype=tf.float32),
    ],
    "clip_by_value": lambda tf, x: tf.clip_by_value(x.f, -0.3, clip_value_max=0.5),
    "clip_by_norm": lambda tf, x: [
        tf.clip_by_norm(x.f, 1.0),
        tf.clip_by_norm(x.f, 1.0, axes=[1]),
    ],
    "clip_by_global_norm": lambda tf, x: [
        *tf.clip_by_global_norm([x.f, x.g], 1.5)[0],
        tf.linalg.global_norm([x.f, x.g]),
    ],
    "matmul": lambda tf, x: [
        tf.matmul(x.f, x.g, transpose_b=True),
        tf.linalg.matmul(x.f, x.g, transpose_a=True),
        tf.linalg.matvec(x.f, x.g[0]),
        tf.tensordot(x.f, x.g, axes=[[0], [0]]),
        tf.einsum("ij,kj->ik", x.f, x.g),
        tf.linalg.matrix_transpose(x.m),
    ],
    "norms": lambda tf, x: [
        tf.norm(x.f),
        tf.norm(x.f, axis=1, keepdims=True),
        tf.norm(x.f, ord=1, axis=0),
        tf.linalg.norm(x.m),
        tf.norm(x.f, ord=1),
        tf.linalg.normalize(x.f, axis=1)[0],
        tf.math.l2_normalize(x.f, axis=-1),
        tf.nn.l2_normalize(x.f),
    ],
    "matrices": lambda tf, x: [
        tf.linalg.det(x.q),
        tf.linalg.inv(x.q),
        tf.linalg.cholesky(x.q),
        tf.linalg.solve(x.q, x.f[:3]),
        tf.linalg.trace(x.q),
        tf.linalg.diag_part(x.q),
        tf.linalg.diag(x.f),
        tf.linalg.band_part(x.q, 1, 0),
        tf.linalg.band_part(x.q, -1, 0),
        tf.linalg.eigh(x.q)[0],
        tf.linalg.svd(x.f)[0],
        tf.linalg.svd(x.f, compute_uv=False),
        tf.abs(tf.linalg.qr(x.f)[1]),
        tf.linalg.logdet(x.q),
        tf.linalg.pinv(x.f),
        tf.linalg.matrix_rank(x.f),
        tf.linalg.cross(x.f, x.g),
        tf.linalg.triangular_solve(x.q, x.f[:3]),
        tf.linalg.triangular_solve(x.q, x.f[:3], adjoint=True),
        tf.linalg.lstsq(x.f, x.g, l2_regularizer=0.1),
        tf.eye(3, 4),
        tf.linalg.eye(2, batch_shape=[3], dtype=tf.float64),
    ],
    "makers": lambda tf, x: [
        tf.constant([1, 2]),
        tf.constant(1.5),
        tf.constant(0, dtype=tf.float32, shape=[2, 3]),
        tf.constant([1.0, 2.0, 3.0, 4.0], shape=(2, 2)),
        tf.constant(x.d),
        tf.constant([True, False]),
        tf.convert_to_tensor([[1, 2]], dtype=tf.float64),
        tf.zeros([2, 3]),
        tf.ones((2,), tf.int32),
        tf.zeros(tf.shape(x.f)),
        tf.fill([2, 2], 7),
        tf.zeros_like(x.i),
        tf.ones_like(x.i, dtype=tf.float32),
        tf.range(5),
        tf.range(2, 9, delta=3),
        tf.range(0.0, 1.0, 0.25),
        tf.range(3, dtype=tf.float32),
        tf.range(tf.constant(4, tf.int64)),
        tf.linspace(0.0, 1.0, 5),
        tf.identity(x.i),
        tf.ensure_shape(x.f, [None, 3]),
    ],
    "shapes": lambda tf, x: [
        tf.shape(x.m),
        tf.shape(x.m, out_type=tf.int64)[1:],
        tf.size(x.m),
        tf.rank(x.m),
        tf.concat([tf.shape(x.f)[:1], [5]], axis=0),
        tf.reduce_prod(tf.shape(x.m)[1:]),
        tf.unstack(tf.shape(x.f))[1],
        tf.cast(tf.shape(x.f)[0], tf.float32),
    ],
    "one_hot": lambda tf, x: [
        tf.one_hot([0, 2, -1, 5], 3),
        tf.one_hot(indices=[[0], [1]], depth=3, axis=1, dtype=tf.int32),
        tf.one_hot([0, 1], 2, on_value=5.0, off_value=-1.0),
        tf.one_hot([0, 1], 2, on_value=True, off_value=False),
        tf.one_hot([0, 1], 2, on_value=5),
    ],
    "cast": lambda tf, x: [
        tf.cast(x.f * 9, tf.int32),
        tf.cast(x.i, "float32"),
        tf.cast(x.b, tf.float32),
        tf.saturate_cast(x.f * 900, tf.uint8),
        tf.dtypes.cast(x.i, tf.bool),
    ],
    "joining": lambda tf, x: [
        tf.concat([x.f, x.g], 0),
        tf.concat(values=[x.f, x.g], axis=-1),
        tf.stack([x.f, x.g], axis=1),
        *tf.unstack(x.f, axis=1),
        *tf.split(x.f, 3, axis=1),
        *tf.split(x.f, [1, -1], 0),
        tf.tile(x.f, [2, 1]),
        tf.repeat(x.i, 2),
        tf.repeat(x.i, repeats=[1, 0, 2, 1], axis=0),
        *tf.meshgrid([1, 2, 3], [4, 5]),
        *tf.meshgrid([1, 2, 3], [4, 5], indexing="ij"),
    ],
    "reshaping": lambda tf, x: [
        tf.reshape(x.f, [-1]),
        tf.reshape(x.f, tf.constant([2, 6])),
        tf.reshape(x.m, (tf.shape(x.m)[0], -1)),
        tf.transpose(x.m, perm=[0, 3, 1, 2]),
        tf.transpose(x.f),
        tf.expand_dims(x.f, -1),
        tf.squeeze(x.m[:1]),
        tf.squeeze(x.m[:1, ..., :1], axis=[0, -1]),
        tf.reverse(x.f, axis=[0, 1]),
        tf.roll(x.f, shift=1, axis=0),
        tf.roll(x.f, [1, 2], [0, 1]),
        tf.broadcast_to(x.f[0], [2, 4, 3]),
        tf.pad(x.f, [[1, 0], [0, 2]], constant_values=3.0),
        tf.pad(x.f, [[1, 1], [2, 0]], "REFLECT"),
        tf.pad(x.f, tf.constant([[1, 1], [2, 0]]), mode="SYMMETRIC"),
        tf.slice(x.f, [1, 0], [2, -1]),
    ],
    "gathering": lambda tf, x: [
        tf.gather(x.f, [3, 0]),
        tf.gather(x.f, [[2], [0]], axis=1),
        tf.gather(x.f, [[0], [1], [2], [0]], batch_dims=1),
        tf.gather(x.m, [[1, 0], [2, 2]], batch_dims=1, axis=2),
        tf.gather_nd(x.f, [[0, 1], [3, 2]]),
        tf.gather_nd(x.f, [[0], [3]]),
        tf.gather_nd(x.f, [[0], [1], [2], [0]], batch_dims=1),
        tf.gather_nd(x.m, [[[0, 1, 2]], [[1, 4, 6]]]),
        tf.boolean_mask(x.f, x.b),
        tf.boolean_mask(x.f, [True, False, False, True]),
        tf.boolean_mask(x.f, [True, False, True], axis=1),
        tf.where(x.b),
        tf.where(x.b, x.f, 0.0),
        tf.where(x.b, x=x.i, y=[1, 2, 3]),
    ],
    "scattering": lambda tf, x: [
        tf.scatter_nd([[1], [3], [1]], [1.0, 2.0, 3.0], [5]),
        tf.scatter_nd([[1], [3]], x.f[:2], tf.constant([5, 3])),
        tf.tensor_scatter_nd_update(x.f, [[0, 1], [2, 2]], [9.0, 8.0]),
        tf.tensor_scatter_nd_add(x.f, [[0], [0]], x.g[:2]),
        tf.tensor_scatter_nd_sub(x.f, [[0, 1]], [1.0]),
        tf.tensor_scatter_nd_max(x.f, [[0, 1]], [0.1]),
        tf.tensor_scatter_nd_min(x.f, [[0, 1]], [0.1]),
    ],
    "ordering": lambda tf, x: [
        tf.sort(x.f, axis=0),
        tf.sort(x.f, direction="DESCENDING"),
        tf.argsort(x.f),
        tf.argsort([2, 1, 2, 3], direction="DESCENDING"),
        tf.searchsorted([[1.0, 3.0, 5.0]], [[3.0, 0.0, 9.0]], side="right"),
        *tf.unique([4, 1, 4, 2, 1]),
        *tf.unique_with_counts([4, 1, 4, 2, 1]),
        tf.sequence_mask([1, 3, 0]),
        tf.sequence_mask([1, 2], maxlen=4, dtype=tf.float32),
    ],
    "crossentropies": lambda tf, x: [
        tf.nn.softmax_cross_entropy_with_logits(labels=[[0.0, 1.0, 0.0]] * 4, logits=x.f),
        tf.nn.softmax_cross_entropy_with_logits([[0.3, 0.3, 0.3]] * 4, x.f),
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 2, 1, 1], logits=x.f),
        tf.nn.sigmoid_cross_entropy_with_logits(labels=x.p / 9, logits=x.f * 30),
        tf.nn.weighted_cross_entropy_with_logits(x.p / 9, x.f, pos_weight=2.0),
        tf.nn.compute_average_loss([1.0, 2.0, 4.0], global_batch_size=6),
    ],
    "nn": lambda tf, x: [
        tf.nn.softmax(x.f),
        tf.nn.softmax(x.f, axis=0),
        tf.nn.log_softmax(x.f),
        tf.nn.gelu(x.f, approximate=True),
        tf.nn.leaky_relu(x.f, alpha=0.01),
        tf.nn.l2_loss(x.f),
        *tf.nn.moments(x.m, axes=[0, 1, 2]),
        *tf.nn.moments(x.f, [0], keepdims=True),
        tf.nn.batch_normalization(x.f, x.g[0], x.p[0], x.f[1], x.f[2], 1e-3),
        tf.nn.batch_normalization(x.f, x.g[0], x.p[0], None, None, 1e-3),
        tf.nn.bias_add(x.m, [1.0, 2.0, 3.0]),
        tf.nn.embedding_lookup(x.f, [[0, 3], [1, 1]]),
        tf.nn.local_response_normalization(x.m, depth_radius=1, bias=2.0, alpha=0.1),
        tf.nn.space_to_depth(x.m[:, :4, :6], 2),
        tf.nn.depth_to_space(x.m[:, :, :, [0, 1, 2, 0]], 2),
    ],
    "convolutions": lambda tf, x: [
        tf.nn.conv2d(x.m, x.kernel, strides=2, padding="SAME"),
        tf.nn.conv2d(x.m, filters=x.kernel, strides=[1, 1, 2, 1], padding="VALID"),
        tf.nn.conv2d(x.m, x.kernel, 1, [[0, 0], [1, 0], [2, 1], [0, 0]]),
        tf.nn.conv2d(x.m, x.kernel, [1, 1], "SAME", dilations=[1, 2, 1, 1]),
        tf.nn.depthwise_conv2d(x.m, x.kernel, [1, 1, 1, 1], "SAME"),
        tf.nn.conv1d(x.m[0], x.kernel[0], stride=2, padding="SAME"),
        tf.nn.conv2d_transpose(x.m, tf.transpose(x.kernel, [0, 1, 3, 2]), (2, 10, 14, 4), 2),
        tf.nn.max_pool2d(x.m, ksize=2, strides=2, padding="VALID"),
        tf.nn.max_pool2d(x.m, [1, 3, 2, 1], [1, 2, 1, 1], "SAME"),
        tf.nn.avg_pool2d(x.m, 2, 1, "SAME"),
        tf.nn.max_pool(x.m, 3, 2, "VALID"),
    ],
    "image": lambda tf, x: [
        tf.image.resize(x.u, [9, 4]),
        tf.image.resize(x.m[0], (3, 3), method="nearest"),
        tf.image.resize(x.u, (8, 11), tf.image.ResizeMethod.NEAREST_NEIGHBOR),
        tf.image.resize(x.m, (3, 3), antialias=True),
        tf.image.resize(x.m, (4, 4), preserve_aspect_ratio=True),
        tf.image.resize_with_pad(x.m, 8, 8),
        tf.image.resize_with_pad(x.u[0], 6, 4),
        tf.image.resize_with_crop_or_pad(x.u, 8, 4),
        tf.image.central_crop(x.m, 0.5),
        tf.image.crop_to_bounding_box(x.u, 1, 2, 3, 4),
        tf.image.pad_to_bounding_box(x.u[0], 1, 2, 8, 10),
        tf.image.flip_left_right(x.u),
        tf.image.flip_up_down(x.m[0]),
        tf.image.transpose(x.m),
        tf.image.rot90(x.m, k=3),
        tf.image.rgb_to_grayscale(x.m),
        tf.image.rgb_to_grayscale(x.u),
        tf.image.grayscale_to_rgb(tf.constant(x.m[..., :1])),
        tf.image.rgb_to_hsv(x.m),
        tf.image.hsv_to_rgb(x.m),
        tf.image.per_image_standardization(tf.constant(x.u)),
        tf.image.total_variation(tf.constant(x.m)),
        tf.image.psnr(tf.constant(x.m), tf.constant(x.m * 0.9), max_val=1.0),
        *tf.image.image_gradients(tf.constant(x.m)),
        tf.image.sobel_edges(tf.constant(x.m)),
        tf.image.extract_patches(x.m, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"),
    ],
    "colours": lambda tf, x: [
        tf.image.adjust_brightness(x.m, 0.2),
        tf.image.adjust_brightness(x.u, delta=0.2),
        tf.image.adjust_contrast(x.m, 1.7),
        tf.image.adjust_contrast(x.u, contrast_factor=0.4),
        tf.image.adjust_hue(x.m, 0.3),
        tf.image.adjust_saturation(x.m, 0.5),
        tf.image.adjust_saturation(x.u, 1.4),
        tf.image.adjust_gamma(x.m, gamma=2.0),
    ],
    "image types": lambda tf, x: [
        tf.image.convert_image_dtype(x.u, tf.float32),
        tf.image.convert_image_dtype(x.m, tf.uint8),
        tf.image.convert_image_dtype(x.m * 2 - 0.5, tf.uint8, saturate=True),
        tf.image.convert_image_dtype(x.u, tf.uint16),
        tf.image.convert_image_dtype(tf.cast(x.u, tf.uint16) * 200, tf.uint8),
        tf.image.convert_image_dtype(x.m, tf.float64),
    ],
    "loops": lambda tf, x: [
        tf.map_fn(lambda row: row * 2, x.f),
        tf.vectorized_map(lambda row: tf.reduce_sum(row), x.f),
        tf.scan(lambda a, row: a + row, x.f),
        tf.foldl(lambda a, row: a * row, x.f),
        tf.while_loop(lambda i, s: i < 4, lambda i, s: (i + 1, s * 2), (0, 1))[1],
        tf.cond(tf.reduce_sum(x.f) > 1e9, lambda: x.f, lambda: x.g),
        tf.switch_case(tf.constant(1), [lambda: x.f, lambda: x.g]),
        tf.py_function(lambda a: a + 1, [x.f], tf.float32),
        tf.numpy_function(lambda a: a + 1, [x.f], tf.float32),
    ],
    "arrays": lambda tf, x: [
        tf.TensorArray(tf.float32, size=2).write(0, x.f).write(1, x.g).stack(),
        tf.TensorArray(tf.float32, 0, dynamic_size=True).unstack(x.f).read(2),
    ],
}
