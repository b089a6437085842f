"""Names and sizes of what lies in an avatar archive."""

MANIFEST = "avatar.json"
GLB = "avatar.glb"
OBJ = "head.obj"
MTL = "head.mtl"
ALBEDO = "head_albedo.png"
BASE_COLOR = "head_base_color.jpg"
NORMAL = "head_normal.png"
PROVENANCE = "head_provenance.png"
LIGHT = "head_light.png"
HAIR_GUIDES = "hair.npz"
HAIR_STRANDS = "hair.strands"
HAIR = "hair.hair"
HAIR_OBJ = "hair.obj"
PREVIEW = "preview.png"
LICENSES = "LICENSES.txt"

REQUIRED = (MANIFEST, GLB, OBJ, MTL, ALBEDO, NORMAL, PROVENANCE, LICENSES)
"""PREVIEW is left out of an avatar that nobody rendered, LIGHT of archives from before it, and
BASE_COLOR and what is named HAIR of those without hair."""

MEMBER_COUNT_LIMIT = 64
MANIFEST_BYTES_LIMIT = 4 << 20
PICTURE_BYTES_LIMIT = 256 << 20
HAIR_BYTES_LIMIT = 64 << 20
PICTURE_SIDE_LIMIT_PX = 8192
