"""Authored vertices as weighted sums of the data's, so that every basis carries over to them.

Moving least squares with a linear basis (Levin 1998): the weights sum to one and reproduce every
affine map of the data exactly, hence the authored place itself and the rigid swing of the jaw.
"""

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Int
from scipy.spatial import KDTree

REACH_M = 0.007
"""Width of the Gaussian: about one tooth, so that neighbours move alike and stay in contact."""
NEIGHBOURS = 96
SMALLEST_WEIGHT = 1e-7


def affine_weights(
    points_m: Float[np.ndarray, "K 3"],
    data_m: Float[np.ndarray, "N 3"],
    sources: Int[np.ndarray, "S"],
) -> sp.csr_matrix:
    """(K, N) weights over the data's vertices `sources` with `weights @ data_m == points_m`."""
    place = data_m[sources]
    distance, near = KDTree(place).query(points_m, k=NEIGHBOURS)
    offset = (place[near] - points_m[:, None]) / REACH_M
    basis = np.concatenate([np.ones((*near.shape, 1)), offset], axis=2)
    # relative to the nearest, so that a point far from all of the data still sees some of it
    theta = np.exp(-((distance**2 - distance[:, :1] ** 2) / (2 * REACH_M**2)))
    moment = np.einsum("kn,knd,kne->kde", theta, basis, basis)
    unit = np.zeros((len(points_m), 4, 1))
    unit[:, 0] = 1
    weight = theta * np.einsum("knd,kde->kn", basis, np.linalg.solve(moment, unit))
    rows = np.repeat(np.arange(len(points_m)), NEIGHBOURS)
    kept = np.abs(weight.ravel()) > SMALLEST_WEIGHT
    shape = (len(points_m), len(data_m))
    entries = (weight.ravel()[kept], (rows[kept], sources[near].ravel()[kept]))
    return sp.csr_matrix(entries, shape=shape)
