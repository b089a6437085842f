"""Train the network of `head_fit/regressor.py` on renders of known heads (torch)."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32

from reconstruction_backend.head_fit.mirror import MirrorMaps
from reconstruction_backend.head_fit.regressor import LandmarkRegressor, normalized_landmarks
from training.head_fit.calibration_data import CalibrationSet
from training.head_fit.shape_metric import ShapeMetric

IRIS = (468, 473)
"""The centres of the right and the left iris; four points of the rim follow each."""
IRIS_POINTS = 5


@dataclass(frozen=True)
class RegressorTraining:
    """Size, noise and length of the training."""

    components: int = 900
    hidden: tuple[int, ...] = (512, 384)
    dropout: float = 0.2
    epochs: int = 36
    batch: int = 512
    learning_rate: float = 1.2e-3
    weight_decay: float = 0.1
    independent_noise: float = 0.0005
    """Standard deviation added to every normalised coordinate (unit: the face's RMS size)."""
    iris_scale_noise: float = 0.04
    """Real irises are not all 11.7 mm wide."""
    vertex_share: float = 0.3
    """Of displacements along the surface, against distances from it, in the shape's loss."""
    expression_weight: float = 4.0
    gaze_weight: float = 4.0
    depth_weight: float = 1.0


def train_regressor(
    train: CalibrationSet,
    mirror: MirrorMaps,
    metric: ShapeMetric,
    training: RegressorTraining,
) -> LandmarkRegressor:
    """Minimise the squared error of the face's surface, the expression, gaze and distance."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    points, targets = _examples(train, mirror)
    mean, components = _principal(points, training)
    inputs = torch.from_numpy((points.reshape(len(points), -1) - mean) @ components)
    rims = torch.from_numpy(np.stack([_rim(points, mean, centre) @ components for centre in IRIS]))
    scale = _loss_matrix(targets, metric, train, training)
    target_mean = targets.mean(axis=0)
    goal = torch.from_numpy((targets - target_mean) @ scale)
    noise = training.independent_noise * torch.from_numpy(np.linalg.norm(components, axis=0))
    network = _network(training, targets.shape[1])
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=training.learning_rate, weight_decay=training.weight_decay
    )
    steps = training.epochs * (-(-len(points) // training.batch))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, training.learning_rate, steps)
    for epoch in range(training.epochs):
        total = 0.0
        for rows in torch.randperm(len(inputs)).split(training.batch):
            noisy = inputs[rows] + noise * torch.randn(len(rows), len(noise))
            for rim in rims:
                growth = training.iris_scale_noise * torch.randn(len(rows), 1)
                noisy = noisy + growth * rim[rows]
            loss = ((network(noisy) - goal[rows]) ** 2).sum(dim=1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach()) * len(rows)
        print(f"epoch {epoch + 1}: loss {total / len(inputs):.4f}", flush=True)
    return _exported(network, mean, components, np.linalg.inv(scale), target_mean, mirror)


def _examples(
    samples: CalibrationSet, mirror: MirrorMaps
) -> tuple[Float32[np.ndarray, "N 478 3"], Float32[np.ndarray, "N O"]]:
    """Normalised landmarks and targets of every sample and its mirror image."""
    plain = np.stack([normalized_landmarks(p) for p in samples.detected])
    turned = np.stack([normalized_landmarks(mirror.points(p)) for p in samples.detected])
    depth = np.log(samples.translation_m[:, 2:])
    gaze = samples.gaze_rad[:, :, :2]
    turned_gaze = np.stack([mirror.gaze(g) for g in gaze])
    count = len(samples)
    targets = np.concatenate(
        [samples.shape, samples.expression, gaze.reshape(count, -1), depth], axis=1
    )
    turned_targets = np.concatenate(
        [
            samples.shape @ mirror.shape.T,
            samples.expression[:, mirror.expression],
            turned_gaze.reshape(count, -1),
            depth,
        ],
        axis=1,
    )
    return (
        np.concatenate([plain, turned]).astype(np.float32),
        np.concatenate([targets, turned_targets]).astype(np.float32),
    )


def _rim(
    points: Float32[np.ndarray, "N 478 3"], mean: Float32[np.ndarray, "D"], centre: int
) -> Float32[np.ndarray, "N D"]:
    """How the inputs change when an iris grows by its own size."""
    change = np.zeros_like(points)
    rim = slice(centre + 1, centre + IRIS_POINTS)
    change[:, rim] = points[:, rim] - points[:, centre : centre + 1]
    return change.reshape(len(points), len(mean))


def _principal(
    points: Float32[np.ndarray, "N 478 3"], training: RegressorTraining
) -> tuple[Float32[np.ndarray, "D"], Float32[np.ndarray, "D C"]]:
    """Mean, and principal directions over their standard deviations, augmentation included."""
    flat = points.reshape(len(points), -1)
    mean = flat.mean(axis=0)
    covariance = np.cov((flat - mean).T).astype(np.float64)
    covariance += training.independent_noise**2 * np.eye(len(covariance))
    for centre in IRIS:
        rim = _rim(points, mean, centre)
        covariance += training.iris_scale_noise**2 * (rim.T @ rim) / len(rim)
    values, vectors = np.linalg.eigh(covariance)
    order = np.argsort(-values)[: training.components]
    return mean, (vectors[:, order] / np.sqrt(values[order])).astype(np.float32)


def _loss_matrix(
    targets: Float32[np.ndarray, "N O"],
    metric: ShapeMetric,
    samples: CalibrationSet,
    training: RegressorTraining,
) -> Float32[np.ndarray, "O O"]:
    """L with loss = |error L|²: millimetres of surface for shapes, weighted units for the rest."""
    shapes, expressions = samples.shape.shape[1], samples.expression.shape[1]
    gram = metric.normal_gram() + training.vertex_share * metric.vertex_gram()
    gram += 1e-4 * np.trace(gram) / shapes * np.eye(shapes)
    matrix = np.zeros((targets.shape[1], targets.shape[1]))
    matrix[:shapes, :shapes] = np.linalg.cholesky(gram)
    rest = np.arange(shapes, targets.shape[1])
    weight = np.full(len(rest), training.gaze_weight)
    weight[:expressions] = training.expression_weight
    weight[-1] = training.depth_weight
    matrix[rest, rest] = weight
    return matrix.astype(np.float32)


def _network(training: RegressorTraining, outputs: int) -> torch.nn.Sequential:
    layers: list[torch.nn.Module] = []
    width = training.components
    for hidden in training.hidden:
        layers += [
            torch.nn.Linear(width, hidden),
            torch.nn.SiLU(),
            torch.nn.Dropout(training.dropout),
        ]
        width = hidden
    return torch.nn.Sequential(*layers, torch.nn.Linear(width, outputs))


def _exported(
    network: torch.nn.Sequential,
    mean: Float32[np.ndarray, "D"],
    components: Float32[np.ndarray, "D C"],
    unscale: Float[np.ndarray, "O O"],
    target_mean: Float32[np.ndarray, "O"],
    mirror: MirrorMaps,
) -> LandmarkRegressor:
    """Fold the principal directions into the first layer and the loss's scale into the last."""
    linear = [layer for layer in network if isinstance(layer, torch.nn.Linear)]
    weights = [layer.weight.detach().numpy().T.astype(np.float64) for layer in linear]
    biases = [layer.bias.detach().numpy().astype(np.float64) for layer in linear]
    weights[0] = components @ weights[0]
    weights[-1], biases[-1] = weights[-1] @ unscale, biases[-1] @ unscale + target_mean
    return LandmarkRegressor(
        mean,
        tuple(weight.astype(np.float32) for weight in weights),
        tuple(bias.astype(np.float32) for bias in biases),
        mirror,
    )
