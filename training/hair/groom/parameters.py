"""What tells one hairstyle from another. Lengths in metres, amounts in [0, 1] unless said."""

from dataclasses import dataclass, field, replace
from typing import Literal

from reconstruction_backend.hair.hairstyle import StrandTexture

PartingKind = Literal["none", "middle", "side", "zigzag"]
TieKind = Literal[
    "none",
    "ponytail",
    "bun",
    "half-up",
    "half-bun",
    "pigtails",
    "space-buns",
    "braid",
    "braids",
    "puff",
]


@dataclass(frozen=True)
class Hairline:
    """Where hair grows."""

    height_m: float = 0.0
    """How far the front hairline lies behind the scalp's edge."""
    recession_m: float = 0.0
    """How much farther at the temples."""
    widows_peak_m: float = 0.0
    """How much less in the middle."""
    bald_m: float = 0.0
    """Radius of the bald spot about the crown."""
    bald_above_m: float = 1.0
    """Height above which nothing grows, for a wreath; 1 for nowhere."""
    strip_m: float = 0.0
    """Half width of a strip along the middle; outside of it hair is `sides_m` long. 0 for none."""


@dataclass(frozen=True)
class Parting:
    """Where hair parts, and falls to both sides."""

    kind: PartingKind = "none"
    offset_m: float = 0.0
    """Towards the subject's left."""
    back_m: float = -0.05
    """How far back it runs: z of its end."""
    near_share: float = 1.0
    """Of the top's length, what is left on the smaller side of a side parting."""


@dataclass(frozen=True)
class Lengths:
    """How long hair is where, and how it was cut."""

    top_m: float = 0.05
    front_m: float = 0.05
    crown_m: float = 0.05
    sides_m: float = 0.03
    back_m: float = 0.03
    nape_m: float = 0.02
    fade: float = 0.0
    """How short the lowest hair is: 1 is cut to nothing."""
    fade_from_m: float = 0.0
    fade_to_m: float = 0.06
    """Heights (y in the head frame) between which sides and back fade in."""
    hem_m: float = -1.0
    """Height at which loose hair is cut; -1 for nowhere."""
    hem_front_m: float = 0.0
    """How much lower it is cut beside the face than behind."""
    hem_round_m: float = 0.0
    """How much lower in the middle of the back than at the shoulders."""
    layers: float = 0.0
    """How much shorter than the hem upper hair is."""
    flat_m: float = 1.0
    """Height above which a flat top is cut off; 1 for nowhere."""
    ragged: float = 0.06
    """Deviation of guide lengths, as a share."""


@dataclass(frozen=True)
class Fringe:
    """Hair cut to fall over the forehead."""

    depth_m: float = 0.0
    """How far back it begins; 0 for no fringe."""
    to_m: float = 0.062
    """Height at which it is cut; brows are at 0.055, eyes at 0.036."""
    sweep: float = 0.0
    """-1 to 1: to the subject's right or left."""
    open: float = 0.0
    """How far it is drawn apart in the middle, as curtains are."""
    half_width_m: float = 0.055
    arch_m: float = 0.0
    """How much longer it is at the temples."""


@dataclass(frozen=True)
class Flow:
    """Which way hair is combed and how it stands."""

    forward: float = 0.0
    """-1 to 1: top hair combed back or forward."""
    sweep: float = 0.0
    """-1 to 1: top hair combed to the subject's right or left."""
    apart: float = 1.0
    """How strongly a parting throws hair to its sides."""
    whorl: float = 0.4
    """How strongly hair turns out from the crown."""
    swirl: float = 0.8
    """How much it turns about the crown while doing so."""
    sides_back: float = 0.1
    """-1 to 1: sides combed forward or back."""
    radial: float = 0.0
    """How far hair stands out from the middle of the head, as an afro does."""
    upright: float = 0.0
    """How far top hair grows straight up."""
    lift: float = 0.25
    """Root angle out of the skin on top: 1 is upright."""
    sides_lift: float = 0.12
    comb_m: float = 0.03
    """Length within which hair takes on the combed direction; short is sleek."""
    bend_m: float = 0.06
    """Length within which gravity turns hair down; long is stiff."""
    volume_m: float = 0.012
    """Thickness of the hair over the skin."""
    side_volume: float = 1.0
    """Of that thickness, what is kept on the sides."""
    mess: float = 0.15
    """How far neighbours wander."""
    cling: float = 0.6
    """How closely hair lies on the head where it could stand off."""
    tuck: float = 0.0
    """How far hair is drawn behind the ears."""
    front_share: float = 0.35
    """Of loose long hair, what falls before the shoulders."""
    outward: float = 0.0
    """-1 to 1: tips turned in or out."""


@dataclass(frozen=True)
class Tie:
    """Hair gathered at one or two places."""

    kind: TieKind = "none"
    height: float = 0.5
    """0 in the nape, 1 on the crown."""
    tail_m: float = 0.25
    band_m: float = 0.011
    """Radius of the hair where it is held."""
    spread: float = 0.3
    """How far a tail fans out."""
    loose: float = 0.0
    """Share of hair beside the face that is left out."""


@dataclass(frozen=True)
class Sections:
    """Hair in separate bundles: locs, twists and braids, which `texture.bundle` tells apart."""

    spacing_m: float = 0.0
    """Between bundles; 0 for no sections."""
    rows: int = 0
    """Cornrows from the forehead to the nape."""


@dataclass(frozen=True)
class StyleParameters:
    """A whole hairstyle."""

    name: str = "style"
    hairline: Hairline = field(default_factory=Hairline)
    parting: Parting = field(default_factory=Parting)
    lengths: Lengths = field(default_factory=Lengths)
    fringe: Fringe = field(default_factory=Fringe)
    flow: Flow = field(default_factory=Flow)
    tie: Tie = field(default_factory=Tie)
    sections: Sections = field(default_factory=Sections)
    texture: StrandTexture = field(default_factory=StrandTexture)
    mirrored: bool = False
    """Left and right changed."""
    seed: int = 0


def even(length_m: float, **more: float) -> Lengths:
    """The same length all over."""
    return replace(Lengths(length_m, length_m, length_m, length_m, length_m, length_m), **more)
