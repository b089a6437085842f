"""Names and sizes of what lies in an avatar archive."""

MANIFEST = "avatar.json"
GLB = "avatar.glb"
OBJ = "head.obj"
MTL = "head.mtl"
ALBEDO = "head_albedo.png"
NORMAL = "head_normal.png"
PROVENANCE = "head_provenance.png"
LIGHT = "head_light.png"
PREVIEW = "preview.png"
LICENSES = "LICENSES.txt"

REQUIRED = (MANIFEST, GLB, OBJ, MTL, ALBEDO, NORMAL, PROVENANCE, LICENSES)
"""PREVIEW is left out of an avatar that nobody rendered, and LIGHT of archives from before it."""

MEMBER_COUNT_LIMIT = 64
MANIFEST_BYTES_LIMIT = 4 << 20
PICTURE_BYTES_LIMIT = 256 << 20
PICTURE_SIDE_LIMIT_PX = 8192
