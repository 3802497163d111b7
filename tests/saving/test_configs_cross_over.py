"""The config of every public class that Keras has too is read by the other library."""

import functools
import inspect
import json

import pytest

import minicnn
from minicnn.serialization import public_names

# What must be given to make one.
ARGUMENTS = {
    "layers": {
        "Activation": ("relu",),
        "CategoryEncoding": (4,),
        "Discretization": ([0.0, 1.5],),
        "Dense": (2,),
        "Dot": (1,),
        "Dropout": (0.5,),
        "EinsumDense": ("abc,cd->abd", (3, 4)),
        "Embedding": (3, 4),
        "Lambda": None,
        "MultiHeadAttention": (2, 3),
        "Permute": ((2, 1),),
        "RepeatVector": (3,),
        "Rescaling": (2.0,),
        "Reshape": ((2,),),
        "Wrapper": None,
        **dict.fromkeys(
            ("Bidirectional", "SpectralNormalization", "TimeDistributed", "RNN", "StackedRNNCells")
        ),
        **{f"{kind}{cell}": (3,) for kind in ("SimpleRNN", "LSTM", "GRU") for cell in ("", "Cell")},
        **{f"ConvLSTM{n}D": (2, 3) for n in (1, 2, 3)},
        **{f"Adaptive{kind}Pooling{n}D": (2,) for kind in ("Average", "Max") for n in (1, 2, 3)},
        **{f"AveragePooling{n}D": (2,) for n in (1, 2, 3)},
        **{f"Conv{n}D{kind}": (2, 3) for kind in ("", "Transpose") for n in (1, 2, 3)},
        **{f"DepthwiseConv{n}D": (3,) for n in (1, 2)},
        **{f"SeparableConv{n}D": (2, 3) for n in (1, 2)},
        **{f"SpatialDropout{n}D": (0.1,) for n in (1, 2, 3)},
        **dict.fromkeys(("AlphaDropout", "GaussianDropout", "GaussianNoise"), (0.1,)),
        **dict.fromkeys(("CenterCrop", "RandomCrop", "Resizing"), (5, 6)),
        **{f"Random{what}": (0.2,) for what in ("Brightness", "Contrast", "Rotation", "Zoom")},
        **dict.fromkeys(("RandomColorDegeneration", "RandomHue"), (0.2,)),
        **dict.fromkeys(("RandomSaturation", "RandomSharpness"), (0.2,)),
        "RandomPosterization": (4,),
        "Pipeline": ([],),
        "RandomTranslation": (0.1, 0.2),
        "InputLayer": ((3,),),
    },
    "initializers": {"Constant": (1.0,)},
    "regularizers": {},
    "constraints": {},
    "losses": {},
    "metrics": {
        "IoU": (2, [0]),
        "MeanIoU": (2,),
        "MeanMetricWrapper": None,
        "OneHotIoU": (2, [0]),
        "OneHotMeanIoU": (2,),
        "PrecisionAtRecall": (0.5,),
        "RecallAtPrecision": (0.5,),
        "SensitivityAtSpecificity": (0.5,),
        "SpecificityAtSensitivity": (0.5,),
    },
    "optimizers": dict.fromkeys(("LossScaleOptimizer", "MultiOptimizer", "OptimizerMap")),
    "optimizers.schedules": {
        "CosineDecay": (0.1, 10),
        "CosineDecayRestarts": (0.1, 10),
        "ExponentialDecay": (0.1, 10, 0.9),
        "InverseTimeDecay": (0.1, 10, 0.9),
        "LearningRateSchedule": None,
        "PiecewiseConstantDecay": ([10], [0.1, 0.2]),
        "PolynomialDecay": (0.1, 10),
    },
}


def member(package, family):
    return functools.reduce(getattr, family.split("."), package)


def common_classes(keras, family):
    """Pairs of classes that are public under the same name, with the arguments to make them."""
    ours, theirs = member(minicnn, family), member(keras, family)
    for name in dir(ours):
        cls, arguments = getattr(ours, name), ARGUMENTS[family].get(name, ())
        if (
            inspect.isclass(cls)
            and hasattr(theirs, name)
            and public_names.keras_name(cls) == (f"keras.{family}", name)
            and arguments is not None
        ):
            yield cls, getattr(theirs, name), arguments


@pytest.mark.parametrize("family", ARGUMENTS)
def test_each_reads_the_other_s_config(keras, family):
    compared = 0
    for cls, keras_cls, arguments in common_classes(keras, family):
        for writer, reader, writer_cls, reader_cls in (
            (minicnn, keras, cls, keras_cls),
            (keras, minicnn, keras_cls, cls),
        ):
            config = json.dumps(writer.saving.serialize_keras_object(writer_cls(*arguments)))
            made = reader.saving.deserialize_keras_object(json.loads(config))
            assert type(made) is reader_cls
        compared += 1
    assert compared > 3


@pytest.mark.parametrize("family", ARGUMENTS)
def test_configs_have_the_same_entries(keras, family):
    """Entries of one's own may be there as well: Keras forgets to write some arguments."""
    for cls, keras_cls, arguments in common_classes(keras, family):
        ours = minicnn.saving.serialize_keras_object(cls(*arguments))["config"]
        theirs = keras.saving.serialize_keras_object(keras_cls(*arguments))["config"]
        missing = set(theirs) - set(ours) - {"quantization_config", "optional"}
        assert not missing, (cls, missing)
        for key in set(ours) & set(theirs) - {"name", "dtype"}:
            if key == "seed" and None not in (ours[key], theirs[key]):
                continue  # each has drawn its own
            assert similar(ours[key], theirs[key]), (cls, key, ours[key], theirs[key])


def similar(ours, theirs):
    if isinstance(theirs, float):
        return ours == pytest.approx(theirs, rel=1e-6)  # Keras rounds some to float32
    return json.dumps(ours) == json.dumps(theirs)
