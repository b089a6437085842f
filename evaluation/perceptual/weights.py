"""The learned metrics' weights: where they lie, and why one cannot be computed.

`cameo models pull lpips facenet` fetches the files that the packages `lpips` (through torchvision)
and `facenet-pytorch` would fetch on their own, checked against their hashes. They are read by
torch's allow-listing unpickler only (`weights_only`).
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from reconstruction_backend.errors import InvalidModel
from reconstruction_backend.model_catalogue import load_catalogue

ALEXNET_FILE, VGG16_FILE = "alexnet-owt-7be5be79.pth", "vgg16-397923af.pth"
FACENET_FILE = "20180402-114759-vggface2.pt"
PULL = "cameo models pull lpips facenet"
WEIGHTS_MISSING = f"not computed: weights missing, run {PULL}"
PACKAGES_MISSING = "not computed: packages missing, run pip install 'cameo-avatar[eval]'"


def reason_not_computed(package: str, *files: str) -> str | None:
    """Why a metric of this package and these weight files cannot be computed here; or None."""
    if find_spec(package) is None or find_spec("torch") is None:
        return PACKAGES_MISSING
    if not all(weights_path(file).is_file() for file in files):
        return WEIGHTS_MISSING
    return None


def weights_path(file: str) -> Path:
    """Where a weight file lies or would lie."""
    return load_catalogue().weights_file(file).path


def read_state(path: Path) -> dict[str, Any]:
    """The tensors of a weight file by name. Raises InvalidModel; nothing in it is run."""
    import torch

    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # unpicklers of damaged files raise nearly anything
        raise InvalidModel(f"{path} is damaged, or no weights of torch.") from error
    if not isinstance(state, dict):
        raise InvalidModel(f"{path} holds no weights by name.")
    return {str(name): tensor for name, tensor in state.items()}
