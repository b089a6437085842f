"""`avatar.json`: everything of an avatar that is not a picture, typed and checked.

The classes below are the schema; docs/archive-format.md explains it. Members that a later minor
change adds are ignored by this reader; anything that changes the meaning of these gets a new
`format_version`.
"""

from typing import Annotated, Literal

import numpy as np
from jaxtyping import Float, Float32, UInt8
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.export.hair_members import hair_record
from reconstruction_backend.export.licences import licences_of
from reconstruction_backend.expression.choice import ExpressionChoice
from reconstruction_backend.expression.record import ChosenExpression
from reconstruction_backend.hair.record import HairRecord
from reconstruction_backend.head_fit.result import HeadFit
from reconstruction_backend.head_model import JOINT_NAMES, HeadModel
from reconstruction_backend.portrait import MAX_PIXELS
from reconstruction_backend.texture.result import Provenance, SphericalHarmonicsLight

FORMAT = "cameo-avatar"
FORMAT_VERSION = 1
ROTATION_TOLERANCE = 1e-3
SHORTEST_FOCAL_LENGTH_PX = 1.0
LIGHT_ROWS = 9

LARGEST_NUMBER = 1e6
"""Far beyond any head, camera or light, and small enough to be multiplied in float32."""

_Number = Annotated[float, Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
Triple = tuple[_Number, _Number, _Number]
_Text = Annotated[str, Field(max_length=2000)]
_Side = Annotated[int, Field(ge=1, le=65535)]
_Share = Annotated[float, Field(ge=0, le=1)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False, extra="ignore")


class HeadModelReference(_Record):
    """Which head model the parameters are coefficients of."""

    name: _Text
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """`HeadModel.sha256`."""


class Parameters(_Record):
    """The person and the photo's moment."""

    shape: Annotated[tuple[_Number, ...], Field(max_length=10_000)]
    """Standard deviations, strongest component first."""
    expression: dict[str, _Number]
    """Weight in the photo of every expression of the head model, by name."""
    pose_rad: dict[str, Triple]
    """Axis-angle of every joint in the photo beyond what the expression implies, by name."""


class Camera(_Record):
    """The photo's camera, in the conventions of docs/conventions.md."""

    width_px: _Side
    height_px: _Side
    focal_length_px: Annotated[_Number, Field(ge=SHORTEST_FOCAL_LENGTH_PX)]
    principal_point_px: tuple[_Number, _Number]
    rotation_camera_from_head: tuple[Triple, Triple, Triple]
    """Rows."""
    translation_m: Triple


class ProvenanceShares(_Record):
    """Fractions of the texels inside the charts."""

    seen: _Share
    mirrored: _Share
    invented: _Share


class LicenceEntry(_Record):
    """What a part of the archive is licensed under; LICENSES.txt has the notices."""

    component: _Text
    licence: _Text


class Manifest(_Record):
    """The whole of `avatar.json`."""

    format: Literal["cameo-avatar"] = FORMAT
    format_version: Literal[1] = FORMAT_VERSION
    backend: _Text
    head_model: HeadModelReference
    parameters: Parameters
    chosen: ChosenExpression = ChosenExpression()
    """The face that the files wear; neutral in archives that do not say."""
    hair: HairRecord | None = None
    """Null for a bald head, and absent in archives from before there was hair."""
    camera: Camera
    light: Annotated[tuple[Triple, ...], Field(min_length=LIGHT_ROWS, max_length=LIGHT_ROWS)]
    """`SphericalHarmonicsLight.coefficients`."""
    landmark_residual_iod: Annotated[float, Field(ge=0)]
    provenance: ProvenanceShares
    stage_ms: dict[str, Annotated[float, Field(ge=0)]]
    warnings: tuple[_Text, ...]
    licences: tuple[LicenceEntry, ...]


class _Version(BaseModel):
    format: Literal["cameo-avatar"]
    format_version: int


def manifest_of(avatar: Avatar) -> Manifest:
    """What `avatar.json` says of an avatar."""
    model, fit = avatar.head_model, avatar.fit
    return Manifest(
        backend=avatar.backend,
        head_model=HeadModelReference(name=model.name, sha256=model.sha256),
        parameters=Parameters(
            shape=tuple(fit.shape.tolist()),
            expression=dict(zip(model.expression_names, fit.expression.tolist(), strict=True)),
            pose_rad={
                name: _triple(row) for name, row in zip(JOINT_NAMES, fit.pose_rad, strict=True)
            },
        ),
        chosen=ChosenExpression.of(avatar.choice),
        hair=None if avatar.hair is None else hair_record(avatar.hair),
        camera=_camera_record(fit.camera),
        light=tuple(_triple(row) for row in avatar.texture.light.coefficients),
        landmark_residual_iod=float(fit.landmark_residual_iod),
        provenance=provenance_shares(avatar.texture.provenance),
        stage_ms=avatar.stage_ms,
        warnings=avatar.warnings,
        licences=tuple(
            LicenceEntry(component=entry.component, licence=entry.licence)
            for entry in licences_of(avatar)
        ),
    )


def parse_manifest(data: bytes) -> Manifest:
    """Read `avatar.json`. Raises ValueError, in one clause, for another version or wrong values."""
    try:
        version = _Version.model_validate_json(data)
    except ValidationError as error:
        raise ValueError("does not say that it is a cameo-avatar") from error
    if version.format_version != FORMAT_VERSION:
        raise ValueError(
            f"has format version {version.format_version}; this program reads {FORMAT_VERSION}"
        )
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise ValueError(f"has a wrong {place} ({first['msg'].lower()})") from error


def fit_of(manifest: Manifest, model: HeadModel) -> HeadFit:
    """The head fit that a manifest holds. Raises ValueError where it does not suit the model."""
    parameters = manifest.parameters
    if len(parameters.shape) != model.shape_count:
        raise ValueError(
            f"has {len(parameters.shape)} shape coefficients, but {model.name} has"
            f" {model.shape_count}"
        )
    if set(parameters.expression) != set(model.expression_names):
        raise ValueError(f"has other expressions than {model.name}")
    if set(parameters.pose_rad) != set(JOINT_NAMES):
        raise ValueError(f"has other joints than {model.name}")
    return HeadFit(
        camera=_camera(manifest.camera),
        shape=np.array(parameters.shape, np.float32),
        expression=np.array([parameters.expression[n] for n in model.expression_names], np.float32),
        pose_rad=np.array([parameters.pose_rad[name] for name in JOINT_NAMES], np.float32),
        landmark_residual_iod=manifest.landmark_residual_iod,
    )


def choice_of(manifest: Manifest) -> ExpressionChoice:
    """The face that the files wear. Raises ValueError where no face can."""
    try:
        return manifest.chosen.choice()
    except InvalidOption as error:
        raise ValueError(f"has a wrong chosen expression ({error})") from error


def light_of(manifest: Manifest) -> SphericalHarmonicsLight:
    """The photo's light."""
    return SphericalHarmonicsLight(np.array(manifest.light, np.float32))


def provenance_shares(provenance: UInt8[np.ndarray, "T T"]) -> ProvenanceShares:
    """Fractions of the texels inside the charts; all zero for an empty map."""
    counts = np.bincount(provenance.ravel(), minlength=len(Provenance))
    inside = max(int(counts.sum() - counts[Provenance.OUTSIDE]), 1)
    return ProvenanceShares(
        seen=counts[Provenance.SEEN] / inside,
        mirrored=counts[Provenance.MIRRORED] / inside,
        invented=counts[Provenance.INVENTED] / inside,
    )


def _camera_record(camera: PerspectiveCamera) -> Camera:
    first, second, third = (_triple(row) for row in camera.rotation_camera_from_head)
    x, y = camera.principal_point_px
    return Camera(
        width_px=camera.width_px,
        height_px=camera.height_px,
        focal_length_px=float(camera.focal_length_px),
        principal_point_px=(float(x), float(y)),
        rotation_camera_from_head=(first, second, third),
        translation_m=_triple(camera.translation_m),
    )


def _camera(record: Camera) -> PerspectiveCamera:
    if record.width_px * record.height_px > MAX_PIXELS:
        raise ValueError("has a camera with more pixels than any portrait")
    rotation = np.array(record.rotation_camera_from_head)
    if not _is_rotation(rotation):
        raise ValueError("has a camera whose rotation is not one")
    return PerspectiveCamera(
        width_px=record.width_px,
        height_px=record.height_px,
        focal_length_px=record.focal_length_px,
        principal_point_px=record.principal_point_px,
        rotation_camera_from_head=rotation,
        translation_m=np.array(record.translation_m),
    )


def _is_rotation(matrix: Float[np.ndarray, "3 3"]) -> bool:
    orthonormal = np.abs(matrix @ matrix.T - np.eye(3)).max() < ROTATION_TOLERANCE
    return bool(orthonormal and np.linalg.det(matrix) > 0)


def _triple(row: Float[np.ndarray, "3"] | Float32[np.ndarray, "3"]) -> Triple:
    x, y, z = row.tolist()
    return x, y, z
