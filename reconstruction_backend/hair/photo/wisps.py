"""Guides that go the same way, gathered: strands are blended within, never across a parting."""

import numpy as np
from jaxtyping import Float, Float32, Int32

WISPS = 20
_AT = (0.33, 0.66, 1.0)
"""Shares of the length at which guides are compared."""
_ROUNDS = 12


def wisps_of(points_m: Float[np.ndarray, "G P 3"]) -> Int32[np.ndarray, "G"]:
    """Number the guides by k-means over where they run; the same every time."""
    along = [round(share * (points_m.shape[1] - 1)) for share in _AT]
    features = points_m[:, along].reshape(len(points_m), -1).astype(np.float32)
    centres = _spread(features, min(WISPS, len(features)))
    nearest = np.zeros(len(features), np.int32)
    for _ in range(_ROUNDS):
        apart = ((features[:, None] - centres[None]) ** 2).sum(axis=2)
        nearest = apart.argmin(axis=1).astype(np.int32)
        for k in range(len(centres)):
            if (nearest == k).any():
                centres[k] = features[nearest == k].mean(axis=0)
    return nearest


def _spread(features: Float32[np.ndarray, "G K"], count: int) -> Float32[np.ndarray, "C K"]:
    """Far apart ones, each the farthest from those before it (Gonzalez 1985)."""
    chosen = [int(((features - features.mean(axis=0)) ** 2).sum(axis=1).argmax())]
    apart = ((features - features[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < count:
        chosen.append(int(apart.argmax()))
        apart = np.minimum(apart, ((features - features[chosen[-1]]) ** 2).sum(axis=1))
    return features[chosen].copy()
