"""Names of Keras's classes that minicnn does not have, for error messages."""

from __future__ import annotations

ONLY_IN_KERAS = frozenset(
    """
    AdditiveAttention Attention AugMix AutoContrast
    ContrastLimitedAdaptiveHistogramEqualization CutMix
    Discretization EinsumDense Equalization FlaxLayer GroupQueryAttention HashedCrossing
    Hashing IntegerLookup JaxLayer MaxNumBoundingBoxes MelSpectrogram MixUp
    MultiHeadAttention Pipeline RandAugment RandomColorDegeneration RandomColorJitter
    RandomElasticTransform RandomErasing RandomGaussianBlur RandomGrayscale RandomHue RandomInvert
    RandomPerspective RandomPosterization RandomSaturation RandomSharpness RandomShear
    ReversibleEmbedding STFTSpectrogram Solarization SpectralNormalization
    StringLookup TFSMLayer TextVectorization TorchModuleWrapper
    CTC MultiOptimizer Muon OptimizerMap ScheduleFreeAdamW
    AWQDTypePolicy GPTQDTypePolicy Int4DTypePolicy QuantizedDTypePolicy QuantizedFloat8DTypePolicy
    AWQConfig AbsMaxQuantizer Float8QuantizationConfig GPTQConfig Int4QuantizationConfig
    Int8QuantizationConfig QuantizationConfig Quantizer
    CTCDecode CTCLoss Polar SegmentReduction
    """.split()
)
