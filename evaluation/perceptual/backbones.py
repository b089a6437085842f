"""The two image networks under LPIPS, layer for layer as torchvision numbers them.

AlexNet (Krizhevsky 2014, "one weird trick") and VGG16 (Simonyan and Zisserman 2015), without their
classifiers, so that torchvision's published weights fit. `lpips` asks torchvision for them; that
package needs compiled operators which do not exist for every build of torch, and LPIPS needs none.
"""

from collections.abc import Mapping
from typing import Literal

from torch import Tensor, nn

from reconstruction_backend.errors import InvalidModel

LpipsNet = Literal["alex", "vgg"]
VGG16_WIDTHS = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0)
"""Channels of each convolution; 0 is a pooling layer."""
FEATURES = "features."


def alexnet_features() -> nn.Sequential:
    """(N, 3, H, W) to (N, 256, H', W')."""
    return nn.Sequential(
        nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
        nn.Conv2d(64, 192, kernel_size=5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
        nn.Conv2d(192, 384, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 256, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(256, 256, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
    )


def vgg16_features() -> nn.Sequential:
    """(N, 3, H, W) to (N, 512, H / 32, W / 32)."""
    layers: list[nn.Module] = []
    channels = 3
    for width in VGG16_WIDTHS:
        if width == 0:
            layers.append(nn.MaxPool2d(2, stride=2))
            continue
        layers += [nn.Conv2d(channels, width, kernel_size=3, padding=1), nn.ReLU()]
        channels = width
    return nn.Sequential(*layers)


def load_features(features: nn.Sequential, state: Mapping[str, Tensor]) -> None:
    """Take the convolutions of a whole network's published weights. Raises InvalidModel."""
    own = {
        name.removeprefix(FEATURES): tensor
        for name, tensor in state.items()
        if name.startswith(FEATURES)
    }
    try:
        features.load_state_dict(own)
    except RuntimeError as error:
        raise InvalidModel("The weights do not fit the network that they are named for.") from error
