"""`StrandTexture` as JSON: in avatar.json and in the index of the styles."""

from dataclasses import asdict
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from reconstruction_backend.hair.hairstyle import Bundle, StrandTexture

MOST_STRANDS = 200_000
_CONFIG = ConfigDict(frozen=True, allow_inf_nan=False, extra="ignore")
_Share = Annotated[float, Field(ge=0, le=1)]
_Metres = Annotated[float, Field(ge=0, le=1)]


class TextureRecord(BaseModel):
    """`StrandTexture`."""

    model_config = _CONFIG

    strands: Annotated[int, Field(ge=1, le=MOST_STRANDS)]
    width_m: _Metres
    taper: _Share
    clump: _Share
    clump_strands: Annotated[float, Field(ge=1, le=MOST_STRANDS)]
    curl_radius_m: _Metres
    curl_pitch_m: Annotated[float, Field(ge=1e-4, le=1)]
    curl_from: _Share
    curl_together: _Share
    frizz_m: _Metres
    flyaways: _Share
    length_spread: _Share
    bundle: Bundle
    bundle_radius_m: _Metres
    stray_m: _Metres = 0.002
    """Files of earlier versions do not have it."""

    @classmethod
    def of(cls, texture: StrandTexture) -> "TextureRecord":
        """What says that texture."""
        return cls(**asdict(texture))

    def texture(self) -> StrandTexture:
        """The texture that this says."""
        return StrandTexture(**self.model_dump())
