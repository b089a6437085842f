"""LPIPS (Zhang et al. 2018), version 0.1, by the package `lpips` with its own linear heads."""

import numpy as np
import torch
from jaxtyping import UInt8
from torch import nn

from evaluation.perceptual.backbones import (
    LpipsNet,
    alexnet_features,
    load_features,
    vgg16_features,
)
from evaluation.perceptual.isolated_import import import_lpips
from evaluation.perceptual.weights import ALEXNET_FILE, VGG16_FILE, read_state, weights_path

BACKBONE_FILES: dict[LpipsNet, str] = {"alex": ALEXNET_FILE, "vgg": VGG16_FILE}
MIDDLE = 127.5
"""Bytes become -1 to 1."""


class LpipsDistance:
    """Keeps one network warm: 0 of equal pictures, symmetric, larger where they look different."""

    def __init__(self, net: LpipsNet) -> None:
        """Raises ModelNotAvailable or InvalidModel."""
        features = {"alex": alexnet_features, "vgg": vgg16_features}[net]()
        load_features(features, read_state(weights_path(BACKBONE_FILES[net])))
        self._distance = import_lpips().LPIPS(net=net, pnet_rand=True, verbose=False)
        _take_convolutions(self._distance.net, features)
        self._distance.eval()

    def __call__(self, a: UInt8[np.ndarray, "H W 3"], b: UInt8[np.ndarray, "H W 3"]) -> float:
        """Of two pictures of one size, at least 64 px."""
        with torch.inference_mode():
            return float(self._distance(_signed(a), _signed(b)))


def _signed(picture: UInt8[np.ndarray, "H W 3"]) -> torch.Tensor:
    values = picture.astype(np.float32).transpose(2, 0, 1)[None] / MIDDLE - 1
    return torch.from_numpy(values)


def _take_convolutions(slices: nn.Module, features: nn.Sequential) -> None:
    """Copy weights into lpips' slices, which keep the layers' numbers as their names."""
    sources = dict(features.named_children())
    for slice_ in slices.children():
        for name, layer in slice_.named_children():
            layer.load_state_dict(sources[name].state_dict())
