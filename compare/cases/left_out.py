"""What needs no case: functions, arguments, and arguments that are never set together; and why."""

from __future__ import annotations

from fnmatch import fnmatchcase

SCOPE = "of features that are out of scope: a value other than the default is refused"
TEXT = "a text for people; cases give a name where Keras would count"
TYPES = "tests/layers/test_half_precision.py compares types"
NO_FORMAT, NO_FORMATS = "Keras has none here", ("Cropping", "UpSampling", "SpatialDropout")
MADE = "the layer makes its own cell"
HINT = "says what is known about the input; the result is the same"
SEEDS = "cases share their random numbers; tests/compare/test_seeds.py tests what it is for"

PRINTED = "what is printed: tests/callbacks and tests/utils/test_progbar.py read it"
FILES, WRITING = (
    "writes files: tests/callbacks reads them",
    ("BackupAndRestore", "CSVLogger", "ModelCheckpoint", "TensorBoard"),
)

_FUNCTIONS = "takes or returns functions: tests/ops compares it with calls of these functions"
_SHAPES = "computes shapes, not numbers"
_FREE = "its result is not unique: tests/ops checks what it must satisfy"
_COMPLEX = "takes or returns complex numbers, which are not compared: tests/ops checks their parts"
_BITS = "depends on the bits of a float type, so float64 is no reference"
# Functions of `ops` whose results cannot be compared as numbers, and why.
WITHOUT_CASES = {
    **dict.fromkeys("vectorize custom_gradient jvp".split(), _FUNCTIONS),
    **dict.fromkeys(
        (
            "compute_conv_output_shape compute_conv_transpose_output_shape "
            "compute_conv_transpose_padding_args_for_jax compute_pooling_output_shape "
            "dtype is_tensor"
        ).split(),
        _SHAPES,
    ),
    **dict.fromkeys("eig eigh argpartition empty empty_like".split(), _FREE),
    **dict.fromkeys("nextafter view".split(), _BITS),
    **dict.fromkeys("polar view_as_complex view_as_real".split(), _COMPLEX),
    "stop_gradient": "its gradient is not its derivative",
}

OWN_DRAWS = "draws what libraries do not share: tests/layers/preprocessing fixes the draws"
DRAWING = ("CutMix", "MixUp", "RandAugment", "AugMix", "RandomElasticTransform")

# The names, the arguments (`*` stands for any text), and the reason.
ALONE: tuple[tuple[str, str, str], ...] = (
    ("*", "name", TEXT),
    ("layers.*", "dtype", TYPES),
    ("*", "sparse ragged bounding_box_format", SCOPE),
    ("*", "synchronized", "of training on several machines, which there is not"),
    ("*", "flash_attention", "chooses an algorithm, not a result"),
    ("*", "seed", SEEDS),
    (
        "losses.LossFunctionWrapper",
        "fn reduction dtype",
        "Keras has it not",
    ),
    ("layers.InputLayer", "input_tensor", "a symbolic tensor, no data"),
    *((f"layers.{name}", "cell", MADE) for name in ("SimpleRNN", "LSTM", "GRU", "ConvLSTM*")),
    ("layers.*", "use_cudnn", "of accelerators"),
    ("layers.SimpleRNN", "activity_regularizer", "Keras loses it; tests/layers/rnn"),
    ("layers.Bidirectional", "weights", "Keras takes no notice of it; tests/layers/rnn"),
    ("layers.ConvLSTM*", "data_format", "TensorFlow has none on a CPU; tests/layers/rnn checks it"),
    ("layers.Resizing", "fill_mode", "only one mode is allowed"),
    ("layers.AdditiveAttention", "score_mode", "of Attention: it has one way only"),
    ("layers.Discretization", "num_bins epsilon", "of adapt: tests/layers/preprocessing"),
    *((f"layers.{name}", "*", OWN_DRAWS) for name in DRAWING),
    ("layers.AutoContrast", "data_format", "Keras takes channels for rows: tests/layers"),
    ("layers.RandomColorJitter", "data_format", "Keras does not pass it on: tests/layers"),
    *((f"layers.{name}1D", "data_format", NO_FORMAT) for name in NO_FORMATS),
    ("ops.image.resize", "fill_mode", "only one mode is allowed"),
    ("ops.image.elastic_transform", "*", "random; TensorFlow's is diagonal: tests/ops/image"),
    ("ops.dot_product_attention", "attn_logits_soft_cap", "of accelerators"),
    ("ops.svd", "full_matrices", "the further vectors are not unique"),
    ("ops.segment_*", "sorted", HINT),
    ("ops.unstack", "num", HINT),
    ("ops.scan", "unroll", "says how a loop is written, not what it computes"),
    ("ops.isin", "assume_unique", HINT),
    ("ops.unique", "sorted", HINT),
    ("ops.top_k", "sorted", "the order of the others is not defined"),
    ("Model.*", "verbose", PRINTED),
    ("callbacks.*", "verbose", PRINTED),
    ("Model.compile", "run_eagerly jit_compile", "says how a step is executed, not what it is"),
    *((f"callbacks.{name}", "*", FILES) for name in WRITING),
    ("callbacks.GradientHistory", "*", "Keras has it not"),
    ("callbacks.RemoteMonitor", "*", "sends to a server: tests/callbacks has one"),
    ("optimizers.Muon", "exclude_embeddings", "goes by the name of a weight: tests/optimizers"),
    ("optimizers.Muon", "beta_1 beta_2 amsgrad", "of its base class, under other names or not"),
    ("optimizers.MultiOptimizer", "*", "hands all on to others: tests/optimizers"),
    ("callbacks.CallbackList", "*", "what a model makes of its callbacks"),
    ("callbacks.MonitorCallback", "*", "a base class"),
    ("callbacks.ReduceLROnPlateau", "baseline", "of its base class: it takes none"),
    ("callbacks.LambdaCallback", "*", "takes functions, the hooks that every training calls"),
    ("callbacks.LearningRateScheduler", "*", "takes a function: tests/callbacks calls it"),
    ("callbacks.TerminateOnNaN", "raise_error", "raises an error: tests/callbacks"),
    ("metrics.*", "dtype", "tests/compare/test_metric_types.py tests each metric"),
)
RECURRENT = ("RNN", "SimpleRNN", "LSTM", "GRU", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
ALIKE = ("RandomBrightness", "RandomInvert", "RandomPosterization", "Solarization")
# Arguments whose effect can be seen in the configuration only.
IN_CONFIGURATION = (
    *((f"layers.{n}", "unroll", "Keras writes its loop in another way") for n in RECURRENT),
    *((f"layers.{n}", "stateful", "tests/layers/rnn tests several batches") for n in RECURRENT),
    ("layers.InputLayer", "batch_size", "a shape without data"),
    ("layers.InputLayer", "optional", "says what a model accepts, computes nothing"),
    *((f"layers.{n}", "data_format", "each image has one number for all of it") for n in ALIKE),
    ("optimizers.Adafactor", "relative_step", "neither Keras nor minicnn reads it"),
    ("metrics.AUC", "num_labels", "must be the number that the predictions have"),
)

NO_BIAS = "without a bias it has no effect"
NO_SHIFT = "without a shift it has no effect"
PARTS = ("initializer", "regularizer", "constraint")
AXIS = "it replaces the other"
ONE_CLIP = ONE_WEIGHT = "Keras refuses more than one of them"
# The names, the arguments of which no two are set together, and the reason.
TOGETHER: tuple[tuple[str, str, str], ...] = (
    ("*[cC]onv*", "strides dilation_rate", "Keras refuses strides with dilation"),
    ("ops.segment_*", "num_segments sorted", "Keras on TensorFlow refuses them together"),
    ("ops.multi_hot", "num_classes num_tokens", "two names of one argument"),
    ("ops.trapezoid", "x dx", "each says the distances"),
    ("ops.pad", "mode constant_values", "values are for the default mode"),
    *(
        ("ops.cross", f"{one} axis", "it replaces the others")
        for one in ("axisa", "axisb", "axisc")
    ),
    ("ops.image.affine_transform", "fill_mode fill_value", "the value is for the default mode"),
    ("ops.image.map_coordinates", "fill_mode fill_value", "the value is for the default mode"),
    ("ops.image.resize", "crop_to_aspect_ratio pad_to_aspect_ratio", "only one is allowed"),
    ("ops.image.resize", "crop_to_aspect_ratio fill_value", "nothing is filled"),
    ("ops.conv_transpose", "output_padding dilation_rate", "output padding needs strides"),
    ("*", "use_bias bias_initializer", NO_BIAS),
    ("*", "use_bias bias_regularizer", NO_BIAS),
    ("*", "use_bias bias_constraint", NO_BIAS),
    *(("*", f"center beta_{part}", NO_SHIFT) for part in PARTS),
    *(("*", f"rms_scaling beta_{part}", NO_SHIFT) for part in PARTS),
    *(("*", f"scale gamma_{part}", "without a scale it has no effect") for part in PARTS),
    ("layers.LayerNormalization", "center rms_scaling", NO_SHIFT),
    (
        "layers.*",
        "unroll zero_output_for_mask",
        "going backwards, Keras then takes the mask of the other end",
    ),
    ("layers.Conv*Transpose", "output_padding dilation_rate", "output padding needs strides"),
    ("layers.InputLayer", "shape batch_shape", "each says the shape"),
    ("layers.InputLayer", "batch_size batch_shape", "each says the size of the batch"),
    ("layers.Resizing", "crop_to_aspect_ratio pad_to_aspect_ratio", "only one is allowed"),
    ("layers.Resizing", "crop_to_aspect_ratio fill_value", "nothing is filled"),
    ("metrics.AUC", "num_thresholds thresholds", "the thresholds are as many as they are"),
    ("optimizers.*", "clipnorm clipvalue global_clipnorm", ONE_CLIP),
    ("Model", "fit:class_weight fit:sample_weight", ONE_WEIGHT),
    ("Model", "train_on_batch:class_weight train_on_batch:sample_weight", ONE_WEIGHT),
    ("Model", "fit:shuffle fit:steps_per_epoch", "the rows of an epoch are random"),
    ("Model", "compile:optimizer fit:shuffle", "in a random order, weights must stand still"),
)


def is_seen_in_configuration(name: str, argument: str) -> bool:
    """Whether the argument changes nothing but the configuration."""
    return any((name, argument) == (n, a) for n, a, _ in IN_CONFIGURATION)


def is_left_out(name: str, *arguments: str) -> bool:
    """Whether an argument, or two together, need no case."""
    table = ALONE if len(arguments) == 1 else TOGETHER
    return any(
        fnmatchcase(name, who) and all(_is_listed(a, listed) for a in arguments)
        for who, listed, _ in table
    )


def _is_listed(argument: str, listed: str) -> bool:
    return any(fnmatchcase(argument, word) for word in listed.split())
