"""Layers of every kind that can be explained, drawn by hypothesis, with the shapes they take."""

from functools import partial

from hypothesis import strategies as st

from minicnn import layers

FORMATS = st.sampled_from(["channels_last", "channels_first"])
ACTIVATIONS = st.sampled_from([None, "relu", "tanh", "softmax", "gelu", "log_softmax"])
PADDINGS = st.sampled_from(["valid", "same"])


@st.composite
def windows(draw, rank, dilated=True):
    """Strides, padding, dilation and data format of a window layer; strides or dilation."""
    strides = draw(st.tuples(*[st.integers(1, 3)] * rank))
    free = dilated and max(strides) == 1
    return {
        "strides": strides,
        "padding": draw(PADDINGS),
        "data_format": draw(FORMATS),
        **({"dilation_rate": draw(st.integers(1, 2)) if free else 1} if dilated else {}),
    }


def sized(draw, rank, most=3):
    return draw(st.tuples(*[st.integers(1, most)] * rank))


def shape_of(draw, rank, channels, data_format, least=4):
    lengths = draw(st.tuples(*[st.integers(least, least + 3)] * rank))
    last = data_format == "channels_last"
    return (2, *lengths, channels) if last else (2, channels, *lengths)


@st.composite
def convolutions(draw):
    rank, groups = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    window = draw(windows(rank))
    if rank == 1 and window["data_format"] == "channels_last":
        window["padding"] = draw(st.sampled_from(["valid", "same", "causal"]))
    kind = (layers.Conv1D, layers.Conv2D, layers.Conv3D)[rank - 1]
    bias, activation = draw(st.booleans()), draw(ACTIVATIONS)
    size, shape = sized(draw, rank, 2), shape_of(draw, rank, 2 * groups, window["data_format"])
    return partial(
        kind, 2 * groups, size, groups=groups, use_bias=bias, activation=activation, **window
    ), [shape]


@st.composite
def depthwise(draw):
    rank = draw(st.integers(1, 2))
    window = draw(windows(rank))
    window["strides"] = draw(st.integers(1, 2)) if window["dilation_rate"] == 1 else 1
    kind = (layers.DepthwiseConv1D, layers.DepthwiseConv2D)[rank - 1]
    shape = shape_of(draw, rank, 3, window["data_format"])
    m = draw(st.integers(1, 3))
    return partial(kind, 2, depth_multiplier=m, activation=draw(ACTIVATIONS), **window), [shape]


@st.composite
def separable(draw):
    rank = draw(st.integers(1, 2))
    window = draw(windows(rank))
    window["strides"] = draw(st.integers(1, 2)) if window["dilation_rate"] == 1 else 1
    kind = (layers.SeparableConv1D, layers.SeparableConv2D)[rank - 1]
    shape = shape_of(draw, rank, 2, window["data_format"])
    m = draw(st.integers(1, 2))
    return partial(kind, 3, 2, depth_multiplier=m, activation=draw(ACTIVATIONS), **window), [shape]


@st.composite
def transposed(draw):
    rank = draw(st.integers(1, 3))
    window = draw(windows(rank))
    kind = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)[rank - 1]
    shape = shape_of(draw, rank, 2, window["data_format"], least=2)
    return partial(kind, 3, sized(draw, rank), activation=draw(ACTIVATIONS), **window), [shape]


@st.composite
def poolings(draw):
    rank, kind = draw(st.integers(1, 3)), draw(st.sampled_from(["Max", "Average"]))
    window = draw(windows(rank, dilated=False))
    layer = partial(getattr(layers, f"{kind}Pooling{rank}D"), sized(draw, rank), **window)
    return layer, [shape_of(draw, rank, 2, window["data_format"])]


@st.composite
def whole_poolings(draw):
    rank, kind = draw(st.integers(1, 3)), draw(st.sampled_from(["Max", "Average"]))
    data_format = draw(FORMATS)
    if draw(st.booleans()):
        kind, given = (
            getattr(layers, f"Global{kind}Pooling{rank}D"),
            {"keepdims": draw(st.booleans())},
        )
    else:
        kind, given = getattr(layers, f"Adaptive{kind}Pooling{rank}D"), {"output_size": 3}
    layer = partial(kind, data_format=data_format, **given)
    return layer, [shape_of(draw, rank, 2, data_format)]


@st.composite
def normalizations(draw):
    axis = draw(st.sampled_from([-1, 1]))
    axes = draw(st.sampled_from([-1, [1, 2]]))
    flags = {"center": draw(st.booleans()), "scale": draw(st.booleans())}
    layer = draw(
        st.sampled_from(
            [
                lambda: layers.BatchNormalization(axis=axis, **flags),
                lambda: layers.LayerNormalization(axis=axes, **flags),
                lambda: layers.GroupNormalization(2, axis=axis, **flags),
                lambda: layers.RMSNormalization(axis=-1),
                lambda: layers.UnitNormalization(axis=axis),
                lambda: layers.Normalization(mean=0.3, variance=2.0, invert=flags["scale"]),
            ]
        )
    )
    return layer, [(3, 4, 5, 6)]


ELEMENTWISE = [
    lambda: layers.ReLU(2.0, 0.1, 0.2),
    lambda: layers.ReLU(),
    lambda: layers.LeakyReLU(negative_slope=0.2),
    lambda: layers.ELU(0.7),
    lambda: layers.PReLU("ones", shared_axes=[1]),
    lambda: layers.Softmax(),
    lambda: layers.Softmax(axis=[1, 2]),
    lambda: layers.Activation("sigmoid"),
    lambda: layers.Activation("softmax"),
    lambda: layers.Rescaling(1 / 255, -0.5),
    lambda: layers.Rescaling([1.0, 2.0], [0.0, -0.5]),
    lambda: layers.Dropout(0.5),
    lambda: layers.SpatialDropout2D(0.5),
    lambda: layers.Identity(),
]
MOVING = [
    lambda: layers.Flatten(),
    lambda: layers.Flatten(data_format="channels_first"),
    lambda: layers.Reshape((2, -1)),
    lambda: layers.Permute((3, 1, 2)),
    lambda: layers.ZeroPadding2D(((1, 0), (2, 1))),
    lambda: layers.Cropping2D(((1, 0), (0, 1))),
    lambda: layers.UpSampling2D((2, 3)),
    lambda: layers.UpSampling2D(2, interpolation="bilinear"),
    lambda: layers.Resizing(3, 5),
    lambda: layers.Dense(3, activation="softmax"),
    lambda: layers.Dense(3, "relu", use_bias=False),
]
MERGING = [
    *(layers.Add, layers.Subtract, layers.Multiply, layers.Average),
    *(layers.Maximum, layers.Minimum, layers.Concatenate, lambda: layers.Dot(axes=(3, 3))),
]
DRAWN = st.one_of(
    convolutions(),
    depthwise(),
    separable(),
    transposed(),
    poolings(),
    whole_poolings(),
    normalizations(),
    st.sampled_from([*ELEMENTWISE, *MOVING]).map(lambda make: (make, [(2, 4, 5, 2)])),
    st.sampled_from(MERGING).map(lambda make: (make, [(2, 3, 4, 2)] * 2)),
)


def filled(layer, shapes, random):
    """The layer with drawn weights, and inputs for it."""
    x = [random.normal(size=shape).astype("float32") for shape in shapes]
    x = x[0] if len(x) == 1 else x
    layer(x)
    for w in layer.weights:
        values = random.normal(size=w.shape)
        w.assign(abs(values) + 0.2 if "variance" in w.name else values)
    return x
