"""Straight, wavy, curly or coily: the kinds of hair, and the strand texture of each.

`evidence` tells which one a photo shows.
"""

import math
from dataclasses import replace
from typing import Literal, get_args

from reconstruction_backend.hair.hairstyle import StrandTexture

CurlKind = Literal["straight", "wavy", "curly", "coily"]
KINDS: tuple[CurlKind, ...] = get_args(CurlKind)
FLOW_SAYS: dict[CurlKind, float] = {"straight": 1.0, "wavy": 0.8, "curly": 0.4, "coily": 0.1}
"""How much a photo's orientations tell of the hair's flow: curls turn every way about it."""


def curl_of(texture: StrandTexture) -> CurlKind:
    """The kind of a strand texture, by how steeply its helix winds and how tightly."""
    if texture.bundle != "free":
        return "coily"  # locs and braids are worn in coily hair, and look as unsure to the filters
    winding = 2 * math.pi * texture.curl_radius_m / texture.curl_pitch_m
    if winding < _WAVY_WINDING:
        return "straight"
    if winding < _CURLY_WINDING:
        return "wavy"
    return "coily" if texture.curl_pitch_m < _COILY_PITCH_M else "curly"


_WAVY_WINDING, _CURLY_WINDING = 0.2, 0.9
_COILY_PITCH_M = 0.02


def with_curl(texture: StrandTexture, kind: CurlKind) -> StrandTexture:
    """The texture with the curls of a kind, where it has those of another."""
    if curl_of(texture) == kind:
        return texture
    curls = TYPICAL[kind]
    return replace(
        texture,
        curl_radius_m=curls.curl_radius_m,
        curl_pitch_m=curls.curl_pitch_m,
        curl_from=curls.curl_from,
        curl_together=curls.curl_together,
        frizz_m=curls.frizz_m,
        clump=curls.clump,
        clump_strands=curls.clump_strands,
        stray_m=curls.stray_m,
        bundle="free",
        bundle_radius_m=0.0,
    )


def between_waves_and_curls(texture: StrandTexture, curly: float) -> StrandTexture:
    """The texture with curls that are `curly` of the way from its waves to its curls (0 to 1).

    Radii and numbers go evenly, pitches by their logarithm.
    """
    waves, curls = with_curl(texture, "wavy"), with_curl(texture, "curly")

    def mixed(name: str) -> float:
        return (1 - curly) * getattr(waves, name) + curly * getattr(curls, name)

    pitch = waves.curl_pitch_m ** (1 - curly) * curls.curl_pitch_m**curly
    return replace(
        curls,
        curl_radius_m=mixed("curl_radius_m"),
        curl_pitch_m=pitch,
        curl_from=mixed("curl_from"),
        curl_together=mixed("curl_together"),
        frizz_m=mixed("frizz_m"),
        clump=mixed("clump"),
        clump_strands=mixed("clump_strands"),
        stray_m=mixed("stray_m"),
    )


def covering(texture: StrandTexture) -> StrandTexture:
    """The texture with no fewer or thinner strands than its kind of curls takes to cover a head."""
    usual = TYPICAL[curl_of(texture)]
    return replace(
        texture,
        strands=max(texture.strands, usual.strands),
        width_m=max(texture.width_m, usual.width_m),
    )


TYPICAL: dict[CurlKind, StrandTexture] = {
    "straight": StrandTexture(
        clump=0.5, clump_strands=36.0, length_spread=0.045, frizz_m=0.0003,
    ),
    "wavy": StrandTexture(
        clump=0.75, clump_strands=40.0, stray_m=0.006, curl_radius_m=0.007, curl_pitch_m=0.085,
        curl_together=0.92, frizz_m=0.0006,
    ),
    "curly": StrandTexture(
        strands=18_000, width_m=1.6e-4,
        clump=0.9, clump_strands=45.0, stray_m=0.011, curl_radius_m=0.009, curl_pitch_m=0.034,
        curl_from=0.06, curl_together=0.93, frizz_m=0.0006,
    ),
    "coily": StrandTexture(
        strands=26_000, width_m=1.4e-4,
        clump=0.55, clump_strands=14.0, stray_m=0.010, curl_radius_m=0.0045, curl_pitch_m=0.010,
        curl_from=0.0, curl_together=0.5, frizz_m=0.002,
    ),
}  # fmt: skip
"""Curls of each kind, where the photo says no more."""
