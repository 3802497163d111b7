"""Cases of products, Fourier transforms and linear algebra."""

from __future__ import annotations

from math import inf

from compare.cases.catalogue.marks import TENSORFLOW, without_keras
from compare.cases.catalogue.operations.line import op
from compare.cases.values import apart, literal, matrix, spd, within

CUT = "TensorFlow has no gradient for truncated signals"
SHORTER = "Keras on TensorFlow correlates in another order if the first signal is shorter"

# Not differentiated: a perturbed matrix would no longer be symmetric.
POSITIVE = spd(2, 3, 3)._replace(fixed=True)

PRODUCTS = [
    op("matmul", apart(2, 3), apart(3, 4)),
    op("matmul", apart(3), apart(3)),
    op("matmul", apart(3), apart(2, 3, 4)),
    op("matmul", apart(2, 2, 3), apart(3)),
    op("matmul", apart(2, 2, 3), apart(3, 4)),
    op("matmul", apart(2, 1, 2, 3), apart(3, 3, 2)),
    op("dot", apart(2, 3), apart(2, 3, 2)),
    op("dot", apart(2, 3), apart(3)),
    op("vdot", apart(2, 3), apart(2, 3)),
    op("inner", apart(2, 3), apart(4, 3)),
    op("outer", apart(2, 3), apart(2)),
    op("tensordot", apart(2, 3, 4), apart(4, 3, 2), axes=([2, 1], [0, 1])),
    op("tensordot", apart(4, 3, 2), apart(2, 3, 3, 4), axes=([0, 1], [3, 2])),
    op("tensordot", apart(2, 3), apart(3, 2), axes=1),
    op("tensordot", apart(2), apart(3), axes=0),
    op("kron", apart(2, 3), apart(2)),
    op("kron", apart(2), apart(3, 2)),
    op("cross", apart(2, 3), apart(3)),
    op("cross", apart(2, 2), apart(2, 2)),
    op("cross", apart(3, 2), apart(2, 2), axisa=0, axisc=0),
    *(op("correlate", apart(5), apart(3), mode=mode) for mode in ("valid", "same", "full")),
    op("correlate", apart(2), apart(5), mode="full"),
    without_keras(op("correlate", apart(2), apart(5), mode="same"), SHORTER, TENSORFLOW),
    without_keras(op("correlate", apart(2), apart(5), mode="valid"), SHORTER, TENSORFLOW),
    op("corrcoef", apart(3, 4)),
    op("cdist", apart(2, 3), within(1, 2, 4, 3)),
    *(
        op("einsum", subscripts, *inputs)
        for subscripts, *inputs in (
            ("ij,jk->ik", apart(2, 3), apart(3, 4)),
            ("ij,kj", apart(2, 3), apart(4, 3)),
            ("ijk->j", apart(2, 3, 2)),
            ("...ij,...jk->...ik", apart(2, 2, 3), apart(3, 2)),
            ("ij,jk,kl->il", apart(2, 3), apart(3, 2), apart(2, 2)),
            ("i,j->", apart(2), apart(3)),
        )
    ),
]

FOURIER = [
    op("fft", (apart(2, 5), apart(2, 5))),
    op("fft2", (apart(2, 3, 2), apart(2, 3, 2))),
    op("ifft2", (apart(3, 2), apart(3, 2))),
    op("rfft", apart(2, 5)),
    without_keras(op("rfft", apart(6), fft_length=4), CUT, TENSORFLOW),
    op("irfft", (apart(2, 4), apart(2, 4))),
    op("irfft", (apart(4), apart(4)), fft_length=7),
    op("stft", apart(12), sequence_length=4, sequence_stride=2, fft_length=6),
    op("istft", (apart(4, 4), apart(4, 4)), sequence_length=4, sequence_stride=2, fft_length=6),
]

LINALG = [
    op("inv", matrix(2, 3, 3)),
    op("det", matrix(2, 3, 3)),
    op("slogdet", matrix(3, 3)),
    op("solve", matrix(2, 3, 3), apart(2, 3, 2)),
    op("solve", matrix(3, 3), apart(3)),
    op("solve_triangular", matrix(3, 3), apart(3, 2), lower=True),
    op("solve_triangular", matrix(3, 3), apart(3), lower=False),
    op("cholesky", POSITIVE),
    op("cholesky", POSITIVE, upper=True),
    op("cholesky_inverse", literal([[2.0, 0.0], [0.5, 1.5]])._replace(fixed=True)),
    op("logdet", POSITIVE),
    op("lu_factor", matrix(3, 3)._replace(fixed=True)),
    op("qr", matrix(4, 3)),
    op("qr", matrix(2, 3, 3)),
    op("svd", matrix(3, 3), compute_uv=False),
    op("pinv", matrix(4, 3)),
    op("pinv", matrix(2, 3)),
    op("lstsq", matrix(4, 3), apart(4)),
    *(op("norm", apart(2, 3), ord=order) for order in (None, "fro", "nuc", 1, -1, 2, -2)),
    *(op("norm", matrix(2, 3), ord=order, axis=(1, 0)) for order in (inf, -inf)),
    *(op("norm", apart(2, 3), ord=order, axis=1) for order in (None, 1, 3, inf, -inf)),
]

CASES = [*PRODUCTS, *FOURIER, *LINALG]
