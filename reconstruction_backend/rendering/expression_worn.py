"""The face that a picture shows."""

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.expression.rig import posed_vertices
from reconstruction_backend.rendering.options import RenderOptions


def vertices_worn(avatar: Avatar, options: RenderOptions) -> Float32[np.ndarray, "V 3"]:
    """Head frame, metres. Raises ModelNotAvailable for emotions of a head that knows none."""
    model, fit, worn = avatar.head_model, avatar.fit, options.expression_worn
    if worn == "fitted":
        return model.evaluate(fit.shape, fit.expression, fit.pose_rad)
    return posed_vertices(model, fit.shape, avatar.choice if worn == "own" else worn)
