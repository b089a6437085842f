"""Which files a job has in the artifact store, and under which keys."""

from dataclasses import dataclass

from gateway.jobs import Lease


@dataclass(frozen=True)
class ArtifactKind:
    """A file that the finished job offers."""

    name: str
    """In the store, and in the archive if it is a member of it."""
    media_type: str
    download_name: str | None
    """Set where a browser should save it instead of showing it."""


ARCHIVE = ArtifactKind("avatar.zip", "application/zip", "avatar.zip")
MODEL = ArtifactKind("avatar.glb", "model/gltf-binary", "avatar.glb")
PREVIEW = ArtifactKind("preview.png", "image/png", None)
PROVENANCE = ArtifactKind("head_provenance.png", "image/png", None)
RESIDUAL_LIGHT = ArtifactKind("head_light.png", "image/png", None)
PARAMETERS = ArtifactKind("avatar.json", "application/json", None)
HAIR_STRANDS = ArtifactKind("hair.strands", "application/vnd.cameo.strands", None)
HAIR_GUIDES = ArtifactKind("hair.npz", "application/octet-stream", None)

ARCHIVE_MEMBERS = (MODEL, PREVIEW, PROVENANCE, RESIDUAL_LIGHT, PARAMETERS)
"""Kept beside the archive too, so that no request has to unpack it."""
HAIR_MEMBERS = (HAIR_STRANDS, HAIR_GUIDES)
"""Likewise, of avatars that have hair."""


def photo_key(job_id: str) -> str:
    """The uploaded photo; deleted when the job is done."""
    return f"{job_id}/photo"


def source_key(job_id: str) -> str:
    """The archive of another avatar that is to make another face; deleted likewise."""
    return f"{job_id}/source"


def expression_key(job_id: str) -> str:
    """The face to make, as JSON; absent where it is the neutral one."""
    return f"{job_id}/expression"


def hair_key(job_id: str) -> str:
    """The hair to wear, as JSON; absent where it is the usual one or stays as it is."""
    return f"{job_id}/hair"


def texture_size_key(job_id: str) -> str:
    """Texels along an edge of the atlas, in digits; absent where they are the usual ones."""
    return f"{job_id}/texture_size"


def used_up_keys(job_id: str) -> tuple[str, ...]:
    """What nobody needs when the job has ended."""
    keys = (photo_key, source_key, expression_key, hair_key, texture_size_key)
    return tuple(key(job_id) for key in keys)


def attempt_key(lease: Lease) -> str:
    """Where one attempt writes; attempts never overwrite each other's files."""
    return f"{lease.job_id}/{lease.token}"


def artifact_key(job_id: str, token: int, kind: ArtifactKind) -> str:
    """A finished file of the attempt with this fencing token."""
    return f"{job_id}/{token}/{kind.name}"
