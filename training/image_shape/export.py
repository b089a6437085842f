"""Write the trained network as ONNX, in the terms of a head model.

    python -m training.image_shape.export --weights shape_network.npz --renders DIR \
        --data ict_facekit.npz --head models/cameo_head.npz --out models/head_image.onnx

The data's coefficients are turned into the head model's inside the last layer. The features' mean
and covariance over crops of training renders become the output `strangeness`.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import nn

from reconstruction_backend.head_fit.image_network import INPUT, OUTPUTS
from reconstruction_backend.head_model import HeadModel
from training.head_fit.calibration_data import load_crops, model_expressions, shape_rotation
from training.head_fit.face_data import expression_names
from training.image_shape.layout import CROP_PX
from training.image_shape.network import ShapeNetwork

STATISTICS_CROPS = 5000
COVARIANCE_FLOOR = 0.01
"""Of the features' mean variance: directions that renders never take must not count without end."""
BATCH = 50
OPSET = 17


class ExportedNetwork(nn.Module):
    """RGB bytes to the head model's shape and expression, log distance, strangeness."""

    def __init__(
        self,
        network: ShapeNetwork,
        shape_from_data: Float32[np.ndarray, "S S"],
        expression_from_data: Float32[np.ndarray, "D E"],
        mean: Float32[np.ndarray, "F"],
        whitening: Float32[np.ndarray, "F F"],
    ) -> None:
        super().__init__()
        self.network = network
        for name, value in (
            ("shape_from_data", shape_from_data),
            ("expression_from_data", expression_from_data),
            ("feature_mean", mean),
            ("whitening", whitening),
        ):
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(value, np.float32)))

    def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(N, 128, 128, 3) uint8 to the four OUTPUTS."""
        answer, _, features = self.network(crops.permute(0, 3, 1, 2).float())
        modes = self.network.shapes
        standard = (features - self.feature_mean) @ self.whitening
        return (
            answer[:, :modes] @ self.shape_from_data,
            answer[:, modes:-1] @ self.expression_from_data,
            answer[:, -1],
            (standard**2).mean(dim=1).sqrt(),
        )


def load_network(path: Path, shapes: int, expressions: int) -> ShapeNetwork:
    """What `train.py` wrote."""
    network = ShapeNetwork(shapes, expressions + 1)
    with np.load(path, allow_pickle=False) as archive:
        network.load_state_dict({key: torch.from_numpy(archive[key]) for key in archive.files})
    return network.eval()


def feature_statistics(
    network: ShapeNetwork, crops: UInt8[np.ndarray, "N 128 128 3"]
) -> tuple[Float32[np.ndarray, "F"], Float32[np.ndarray, "F F"]]:
    """Mean of the features and a matrix that makes them independent and of unit variance."""
    parts: list[np.ndarray] = []
    with torch.no_grad():
        for start in range(0, len(crops), BATCH):
            batch = torch.from_numpy(crops[start : start + BATCH]).permute(0, 3, 1, 2).float()
            parts += [network(view)[2].numpy() for view in (batch, batch.flip(3))]
    features = np.concatenate(parts).astype(np.float64)
    mean = features.mean(axis=0)
    covariance = np.cov((features - mean).T)
    covariance += COVARIANCE_FLOOR * np.trace(covariance) / len(covariance) * np.eye(len(mean))
    values, vectors = np.linalg.eigh(covariance)
    return mean.astype(np.float32), (vectors / np.sqrt(values)).astype(np.float32)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="what train.py wrote")
    parser.add_argument("--renders", type=Path, required=True, help="shards of generate.py")
    parser.add_argument("--data", type=Path, required=True, help="ict_facekit.npz")
    parser.add_argument("--head", type=Path, required=True, help="cameo_head.npz")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    model, names = HeadModel.load(arguments.head), expression_names(arguments.data)
    rotation = shape_rotation(arguments.head)
    network = load_network(arguments.weights, len(rotation), len(names))
    crops = load_crops(arguments.renders, "train", STATISTICS_CROPS)
    exported = ExportedNetwork(
        network,
        rotation,
        model_expressions(np.eye(len(names), dtype=np.float32), names, model),
        *feature_statistics(network, crops),
    ).eval()
    torch.onnx.export(
        exported,
        (torch.zeros(2, CROP_PX, CROP_PX, 3, dtype=torch.uint8),),
        str(arguments.out),
        input_names=[INPUT],
        output_names=list(OUTPUTS),
        dynamic_axes={name: {0: "N"} for name in (INPUT, *OUTPUTS)},
        opset_version=OPSET,
        dynamo=False,
    )
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB from {len(crops)} crops")


if __name__ == "__main__":
    main()
