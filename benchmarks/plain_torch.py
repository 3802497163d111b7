"""Times plain PyTorch, written as its users write it: modules and a training loop, no Keras.

The data are tensors of which a step takes some rows, which is faster than a `DataLoader`; Adam is
the fused one; loss and accuracy are counted as in Keras's logs; prediction runs in inference mode.
The networks have the layers of `compare/networks.py`, and scores instead of probabilities at their
end, since PyTorch's cross-entropy takes scores.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from benchmarks.session import XOR, Session, random_inputs, random_labels
from compare.networks import CLASSES, INPUT_SHAPE, SEQUENCE_SHAPE

LAYOUTS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def convnet() -> nn.Module:
    """See `compare/networks.py`."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(1600, CLASSES),
    )


def deep() -> nn.Module:
    """See `compare/networks.py`."""
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.ReLU(),
        nn.Conv2d(64, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3),
        nn.ReLU(),
        nn.Conv2d(128, 128, 3),
        nn.ReLU(),
        *_head(128, dropout=0.5),
    )


def mlp() -> nn.Module:
    """See `compare/networks.py`."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 300),
        nn.ReLU(),
        nn.Linear(300, 100),
        nn.ReLU(),
        nn.Linear(100, CLASSES),
    )


def residual() -> nn.Module:
    """See `compare/networks.py`."""
    blocks = [Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2)]
    return nn.Sequential(*_normalised(1, 16), nn.ReLU(), *blocks, *_head(64))


def mobile() -> nn.Module:
    """See `compare/networks.py`."""
    blocks = [(16, 32, 1), (32, 64, 2), (64, 64, 1), (64, 128, 2)]
    return nn.Sequential(
        *_normalised(1, 16),
        nn.ReLU6(),
        *(layer for block in blocks for layer in _separable(*block)),
        nn.Conv2d(128, 128, 3, padding=1, groups=128, bias=False),
        *_normalised(128, 128, 1),
        nn.ReLU6(),
        *_head(128),
    )


def xor() -> nn.Module:
    """See `compare/networks.py`."""
    return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))


def recurrent() -> nn.Module:
    """See `compare/networks.py`."""
    return Recurrent()


class Recurrent(nn.Module):
    """An LSTM, and scores of its last state."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(SEQUENCE_SHAPE[-1], 64, batch_first=True)
        self.scores = nn.Linear(64, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The scores of each sequence."""
        return self.scores(self.lstm(x)[0][:, -1])


class Block(nn.Module):
    """Two convolutions plus a shortcut."""

    def __init__(self, channels: int, filters: int, stride: int):
        super().__init__()
        self.first = nn.Sequential(*_normalised(channels, filters, 3, stride), nn.ReLU())
        self.second = nn.Sequential(*_normalised(filters, filters))
        shortcut = [] if stride == 1 else _normalised(channels, filters, 1, stride)
        self.shortcut = nn.Sequential(*shortcut)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The block's output."""
        return torch.relu(self.second(self.first(x)) + self.shortcut(x))


def _normalised(channels: int, filters: int, size: int = 3, stride: int = 1) -> list[nn.Module]:
    padding = size // 2
    convolution = nn.Conv2d(channels, filters, size, stride, padding=padding, bias=False)
    return [convolution, nn.BatchNorm2d(filters)]


def _separable(channels: int, filters: int, stride: int) -> list[nn.Module]:
    depthwise = nn.Conv2d(channels, channels, 3, stride, padding=1, groups=channels, bias=False)
    pointwise = [*_normalised(channels, filters, 1), nn.ReLU6()]
    return [depthwise, nn.BatchNorm2d(channels), nn.ReLU6(), *pointwise]


def _head(channels: int, dropout: float = 0.0) -> list[nn.Module]:
    dropped = [nn.Dropout(dropout)] if dropout else []
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), *dropped, nn.Linear(channels, CLASSES)]


_ALL = (convnet, deep, mlp, residual, mobile, recurrent, xor)
NETWORKS = {function.__name__: function for function in _ALL}


class TorchSession(Session):
    """PyTorch and its prepared tasks, for requests as they come to a `Session`."""

    def release(self) -> dict[str, Any]:
        """Delete all prepared tasks."""
        self.tasks.clear()
        return {}

    def _training(self, network: str, batch: int, images: int) -> Callable[[], int]:
        model, x = self._prepared(network, images)
        y = torch.from_numpy(random_labels(images)).long()
        return self._epoch(model, x, y, batch, nn.CrossEntropyLoss(), lambda s: s.argmax(1))

    def _one_batch(self, network: str, batch: int) -> Callable[[], int]:
        return self._training(network, batch, batch)

    def _xor_epochs(self, times: int) -> Callable[[], int]:
        return self._calls("xor_epoch", times)

    def _xor_epoch(self) -> Callable[[], int]:
        x, y = map(torch.from_numpy, XOR)
        return self._epoch(xor(), x, y, len(x), nn.BCEWithLogitsLoss(), lambda s: s > 0)

    def _epoch(
        self,
        model: nn.Module,
        x: torch.Tensor,
        y: torch.Tensor,
        batch: int,
        criterion: nn.Module,
        decide: Callable[[torch.Tensor], torch.Tensor],
    ) -> Callable[[], int]:
        """Trains on all rows; `decide` makes labels from scores."""
        optimizer = torch.optim.Adam(model.parameters(), fused=True)

        def work() -> int:
            model.train()
            total, right = torch.zeros(()), torch.zeros(())
            for rows in torch.randperm(len(x)).split(batch):
                scores, labels = model(self._laid_out(x[rows])), y[rows]
                loss = criterion(scores, labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(rows)
                right += (decide(scores) == labels).sum()
            float(total), float(right)
            return len(x)

        return work

    def _prediction(self, network: str, batch: int, images: int) -> Callable[[], int]:
        model, x = self._prepared(network, images)

        def work() -> int:
            model.eval()
            with torch.inference_mode():
                parts = [model(self._laid_out(part)).softmax(1) for part in x.split(batch)]
                torch.cat(parts).numpy()
            return images

        return work

    def _prepared(self, network: str, images: int) -> tuple[nn.Module, torch.Tensor]:
        torch.manual_seed(0)
        model = NETWORKS[network]().to(memory_format=self._layout)
        if network == "recurrent":
            return model, torch.from_numpy(random_inputs(images, SEQUENCE_SHAPE))
        x = torch.from_numpy(random_inputs(images, INPUT_SHAPE))
        return model, x.permute(0, 3, 1, 2).contiguous()

    def _laid_out(self, x: torch.Tensor) -> torch.Tensor:
        return x.contiguous(memory_format=self._layout) if x.ndim == 4 else x

    @property
    def _layout(self) -> torch.memory_format:
        return LAYOUTS[self.library.layout]
