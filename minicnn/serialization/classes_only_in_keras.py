"""Names of Keras's classes that minicnn does not have, for error messages."""

from __future__ import annotations

ONLY_IN_KERAS = frozenset(
    """
    AdditiveAttention Attention AugMix AutoContrast Bidirectional
    ContrastLimitedAdaptiveHistogramEqualization ConvLSTM1D ConvLSTM2D ConvLSTM3D CutMix
    Discretization EinsumDense Equalization FlaxLayer GRU GRUCell GroupQueryAttention HashedCrossing
    Hashing IntegerLookup JaxLayer LSTM LSTMCell MaxNumBoundingBoxes MelSpectrogram MixUp
    MultiHeadAttention Pipeline RNN RandAugment RandomColorDegeneration RandomColorJitter
    RandomElasticTransform RandomErasing RandomGaussianBlur RandomGrayscale RandomHue RandomInvert
    RandomPerspective RandomPosterization RandomSaturation RandomSharpness RandomShear
    ReversibleEmbedding STFTSpectrogram SimpleRNN SimpleRNNCell Solarization SpectralNormalization
    StackedRNNCells StringLookup TFSMLayer TextVectorization TimeDistributed TorchModuleWrapper
    CTC MultiOptimizer Muon OptimizerMap ScheduleFreeAdamW
    AWQDTypePolicy GPTQDTypePolicy Int4DTypePolicy QuantizedDTypePolicy QuantizedFloat8DTypePolicy
    AWQConfig AbsMaxQuantizer Float8QuantizationConfig GPTQConfig Int4QuantizationConfig
    Int8QuantizationConfig QuantizationConfig Quantizer
    CTCDecode CTCLoss Polar SegmentReduction ElasticTransform GaussianBlur MapCoordinates
    PerspectiveTransform SSIM ScaleAndTranslate SobelEdges
    """.split()
)
