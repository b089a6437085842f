"""Sizes that the pack, the renderer and the product share.

CROP_PX, CROP_SIDE and SUPERSAMPLING repeat `head_fit/image_evidence.py` (a test compares them), so
that the machine that trains needs no landmark detector.
"""

CROP_PX = 128
CROP_SIDE = 3.8
SUPERSAMPLING = 2
EYE_CORNERS = (33, 263)
"""Outer corners, the subject's right, then left."""
BACKDROP_PX = 192
BACKDROP_WIDEN = 1.5
"""Side of a packed photo over the crop's."""
