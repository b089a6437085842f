"""The styles of hair_db/: bases and their kin, with titles that people use."""

from dataclasses import dataclass, replace
from typing import Any

from training.hair.groom.catalogue import base
from training.hair.groom.parameters import (
    Fringe,
    Hairline,
    Parting,
    StyleParameters,
    Tie,
)


@dataclass(frozen=True)
class Shipped:
    """A style as people find it in the gallery."""

    title: str
    categories: tuple[str, ...]
    style: StyleParameters
    colour: str = "dark-brown"
    """Of the thumbnail."""
    from_behind: bool = False
    """Whether the thumbnail shows the head from the side and behind."""


def kin(of: str, name: str, **changes: dict[str, Any] | object) -> StyleParameters:
    """A base under another name; each change replaces a part or, as a dict, numbers of a part."""
    style = base(of)
    changed: dict[str, Any] = {}
    for part, change in changes.items():
        whole = isinstance(change, dict)
        changed[part] = replace(getattr(style, part), **change) if whole else change
    return replace(style, name=name, **changed)


_SHORT, _MEDIUM, _LONG = ("short",), ("medium",), ("long",)
_BALDING, _AFRO, _TIED = ("short", "balding"), ("afro",), ("tied",)
_BRAIDS = ("afro", "braids")

SHIPPED: tuple[Shipped, ...] = (
    Shipped("Bald with stubble", ("short", "bald"), base("bald-stubble")),
    Shipped("Buzz cut", _SHORT, base("buzz")),
    Shipped(
        "Buzz cut, faded",
        _SHORT,
        kin("buzz", "buzz-fade", lengths={"fade": 0.97, "fade_from_m": 0.025, "fade_to_m": 0.1}),
        "black",
    ),
    Shipped(
        "Buzz cut, receding",
        _BALDING,
        kin(
            "buzz", "buzz-receding", hairline=Hairline(0.01, 0.03, 0.004), lengths={"top_m": 0.004}
        ),
        "dark-brown",
    ),
    Shipped("Crew cut", _SHORT, base("crew"), "brown"),
    Shipped("Taper, combed aside", _SHORT, base("taper"), "dark-brown"),
    Shipped("Short and messy", _SHORT, base("messy-crop"), "brown"),
    Shipped("Short, swept aside", _SHORT, base("swept"), "light-brown"),
    Shipped("Short, brushed up", _SHORT, base("brushed-up"), "dark-brown"),
    Shipped("French crop", _SHORT, base("french-crop"), "brown"),
    Shipped("Two-block", _SHORT, base("two-block"), "black"),
    Shipped("Boy's cut", _SHORT, base("boys-cut"), "light-brown"),
    Shipped(
        "Ivy League",
        _SHORT,
        kin(
            "side-part",
            "ivy-league",
            lengths={"top_m": 0.036, "front_m": 0.044, "crown_m": 0.03, "sides_m": 0.016},
        ),
        "brown",
    ),
    Shipped("Fade", _SHORT, base("fade"), "black"),
    Shipped(
        "Curls with a fade",
        _SHORT,
        kin(
            "short-curly",
            "curly-fade",
            lengths={"sides_m": 0.012, "back_m": 0.012, "fade": 0.95, "fade_to_m": 0.09},
        ),
        "black",
    ),
    Shipped("Curls with fringe, faded", _SHORT, base("curly-fringe"), "dark-brown"),
    Shipped("High top", ("short", "afro"), base("high-top"), "black"),
    Shipped(
        "Flat top, faded",
        ("short", "afro"),
        kin(
            "high-top",
            "flat-top-fade",
            lengths={"flat_m": 0.167, "sides_m": 0.006, "back_m": 0.006, "fade": 0.97},
        ),
        "black",
    ),
    Shipped(
        "Caesar",
        _SHORT,
        kin(
            "crew",
            "caesar",
            fringe=Fringe(0.025, 0.084, half_width_m=0.06),
            flow={"forward": 1.0, "lift": 0.25},
        ),
    ),
    Shipped("Textured crop", _SHORT, base("textured-crop"), "light-brown"),
    Shipped("Side part", _SHORT, base("side-part"), "dark-brown"),
    Shipped(
        "Side part, faded",
        _SHORT,
        kin(
            "side-part",
            "side-part-fade",
            lengths={
                "top_m": 0.055,
                "front_m": 0.065,
                "sides_m": 0.011,
                "back_m": 0.011,
                "fade": 0.97,
                "fade_from_m": 0.01,
                "fade_to_m": 0.085,
            },
            flow={"volume_m": 0.024, "lift": 0.65},
        ),
        "black",
    ),
    Shipped("Comb-over", _BALDING, base("comb-over"), "brown"),
    Shipped("Receding", _BALDING, base("receding"), "brown"),
    Shipped(
        "Receding and grey",
        _BALDING,
        kin("receding", "receding-grey", hairline=Hairline(0.012, 0.038, 0.004)),
        "grey",
    ),
    Shipped("Wreath", _BALDING, base("wreath"), "grey"),
    Shipped(
        "Thinning crown",
        _BALDING,
        kin("crew", "thinning-crown", hairline=Hairline(0.006, 0.02, bald_m=0.04)),
        "brown",
    ),
    Shipped("Slicked back", _SHORT, base("slick-back"), "black"),
    Shipped("Quiff", _SHORT, base("quiff"), "light-brown"),
    Shipped(
        "Pompadour",
        _SHORT,
        kin(
            "quiff",
            "pompadour",
            lengths={"front_m": 0.1, "top_m": 0.065, "crown_m": 0.032},
            flow={
                "sweep": 0.0,
                "lift": 0.7,
                "comb_m": 0.03,
                "mess": 0.03,
                "volume_m": 0.034,
                "bend_m": 0.1,
                "cling": 0.5,
            },
            texture={"clump": 0.25, "length_spread": 0.04, "flyaways": 0.01},
        ),
        "black",
    ),
    Shipped("Spiky", _SHORT, base("spiky"), "blond"),
    Shipped("Mohawk", _SHORT, base("mohawk"), "black"),
    Shipped(
        "Faux hawk",
        _SHORT,
        kin(
            "mohawk",
            "faux-hawk",
            hairline=Hairline(0.002, 0.006, strip_m=0.034),
            lengths={"top_m": 0.036, "front_m": 0.045, "crown_m": 0.03, "sides_m": 0.007},
            flow={"radial": 0.25, "upright": 0.25},
        ),
        "dark-brown",
    ),
    Shipped("Undercut", _SHORT, base("undercut"), "dark-brown"),
    Shipped("Short curls", _SHORT, base("short-curly"), "dark-brown"),
    Shipped("Short waves", _SHORT, base("short-wavy"), "brown"),
    Shipped("Short, layered", _SHORT, base("short-layered"), "grey"),
    Shipped(
        "Short perm",
        _SHORT,
        kin(
            "short-curly",
            "short-perm",
            lengths={"sides_m": 0.045, "back_m": 0.045, "nape_m": 0.03, "fade": 0.0},
            texture={"curl_radius_m": 0.008, "curl_pitch_m": 0.026},
        ),
        "grey",
    ),
    Shipped(
        "Coils, temple fade",
        ("short", "afro"),
        kin(
            "short-coily",
            "temple-fade",
            lengths={
                "top_m": 0.022,
                "front_m": 0.02,
                "crown_m": 0.02,
                "sides_m": 0.01,
                "back_m": 0.01,
                "fade": 0.97,
                "fade_from_m": 0.03,
                "fade_to_m": 0.095,
            },
            hairline=Hairline(0.001, 0.002),
        ),
        "black",
    ),
    Shipped("Short coils", ("short", "afro"), base("short-coily"), "black"),
    Shipped("Pixie", _SHORT, base("pixie"), "auburn"),
    Shipped(
        "Wispy pixie",
        _SHORT,
        kin("pixie", "pixie-wispy", flow={"mess": 0.4, "lift": 0.45}, fringe={"to_m": 0.066}),
        "blond",
    ),
    Shipped("Bowl cut", _SHORT, base("bowl"), "black"),
    Shipped(
        "Bowl cut, short",
        _SHORT,
        kin(
            "bowl",
            "bowl-short",
            fringe=Fringe(0.055, 0.075, half_width_m=0.072),
            lengths={"hem_m": 0.052, "top_m": 0.12},
        ),
        "brown",
    ),
    Shipped("Bob", _MEDIUM, base("bob"), "dark-brown"),
    Shipped("Bob with fringe", _MEDIUM, base("bob-fringe"), "black"),
    Shipped(
        "A-line bob",
        _MEDIUM,
        kin(
            "bob",
            "bob-a-line",
            parting=Parting("side", 0.03, -0.03),
            lengths={"hem_m": -0.045, "hem_front_m": 0.05},
        ),
        "red",
    ),
    Shipped(
        "Wavy bob",
        _MEDIUM,
        kin(
            "lob",
            "bob-wavy",
            lengths={"hem_m": -0.075},
            texture={"curl_radius_m": 0.007, "curl_pitch_m": 0.06},
        ),
        "light-brown",
    ),
    Shipped(
        "Curly bob",
        _MEDIUM,
        kin("long-curly", "bob-curly", lengths={"hem_m": -0.06, "layers": 0.3}),
        "dark-brown",
    ),
    Shipped("Long bob", _MEDIUM, base("lob"), "brown"),
    Shipped("Layered", _MEDIUM, base("layered"), "light-brown"),
    Shipped("Shag", _MEDIUM, base("shag"), "auburn"),
    Shipped("Wolf cut", _MEDIUM, base("wolf-cut"), "dark-brown"),
    Shipped("Shoulder length, middle part", _MEDIUM, base("shoulder-length"), "brown"),
    Shipped("Mullet", _MEDIUM, base("mullet"), "brown"),
    Shipped("Curtains", ("short", "medium"), base("curtains"), "brown"),
    Shipped("Grown out", _MEDIUM, base("grown-out"), "light-brown"),
    Shipped(
        "Shoulder length, swept back",
        _MEDIUM,
        kin(
            "long-straight",
            "swept-back",
            parting=Parting(),
            lengths={"hem_m": -0.13},
            flow={"forward": -1.0, "sides_back": 0.5, "whorl": 0.0},
        ),
        "dark-brown",
    ),
    Shipped("Medium curls with fringe", _MEDIUM, base("medium-curly"), "brown"),
    Shipped("Loose curls", _MEDIUM, base("loose-curls"), "dark-blond"),
    Shipped("Long, straight", _LONG, base("long-straight"), "black"),
    Shipped(
        "Long, straight, side part",
        _LONG,
        kin("long-straight", "long-side", parting=Parting("side", 0.035, -0.03)),
        "blond",
    ),
    Shipped("Long with swept fringe", _LONG, base("long-swept"), "auburn"),
    Shipped("Long with fringe", _LONG, base("long-fringe"), "dark-brown"),
    Shipped(
        "Long with curtain fringe",
        _LONG,
        kin(
            "long-wavy",
            "long-curtain",
            parting=Parting("middle", 0.0, -0.03),
            fringe=Fringe(0.04, 0.02, open=0.9, half_width_m=0.05),
        ),
        "light-brown",
    ),
    Shipped("Long, wavy", _LONG, base("long-wavy"), "brown"),
    Shipped(
        "Long, wavy, middle part",
        _LONG,
        kin("long-wavy", "long-wavy-middle", parting=Parting("middle", 0.0, -0.03)),
        "red",
    ),
    Shipped(
        "Long layers",
        _LONG,
        kin("layered", "long-layers", lengths={"hem_m": -0.25, "layers": 0.4}),
        "light-blond",
    ),
    Shipped("Long, curly", _LONG, base("long-curly"), "dark-brown"),
    Shipped(
        "Very long, straight",
        _LONG,
        kin("long-straight", "very-long", lengths={"hem_m": -0.38}),
        "dark-brown",
    ),
    Shipped("Coily", _AFRO, base("coily"), "black"),
    Shipped("Afro", _AFRO, base("afro"), "black"),
    Shipped(
        "Short afro",
        ("short", "afro"),
        kin(
            "afro",
            "afro-short",
            lengths={
                "top_m": 0.04,
                "front_m": 0.034,
                "crown_m": 0.04,
                "sides_m": 0.032,
                "back_m": 0.034,
                "nape_m": 0.02,
            },
        ),
        "black",
    ),
    Shipped(
        "Big afro",
        _AFRO,
        kin(
            "afro",
            "afro-big",
            lengths={
                "top_m": 0.125,
                "front_m": 0.1,
                "crown_m": 0.125,
                "sides_m": 0.115,
                "back_m": 0.115,
                "nape_m": 0.08,
            },
        ),
        "dark-brown",
    ),
    Shipped("Locs", _BRAIDS, base("locs"), "black"),
    Shipped(
        "Short locs",
        ("short", *_BRAIDS),
        kin(
            "locs",
            "locs-short",
            parting=Parting(),
            lengths={
                "top_m": 0.1,
                "front_m": 0.085,
                "crown_m": 0.1,
                "sides_m": 0.08,
                "back_m": 0.08,
                "nape_m": 0.07,
            },
            flow={"lift": 0.8, "sides_lift": 0.5},
        ),
        "black",
    ),
    Shipped("Box braids", _BRAIDS, base("box-braids"), "black"),
    Shipped(
        "Box braids, bob",
        _BRAIDS,
        kin("box-braids", "box-braids-bob", lengths={"hem_m": -0.09}),
        "dark-brown",
    ),
    Shipped("Twists", _BRAIDS, base("twists"), "black"),
    Shipped("Cornrows", _BRAIDS, base("cornrows"), "black"),
    Shipped(
        "Wide cornrows",
        _BRAIDS,
        kin(
            "cornrows",
            "cornrows-wide",
            sections={"rows": 8},
            texture={"bundle_radius_m": 0.0068},
            tie=Tie(tail_m=0.16),
        ),
        "black",
    ),
    Shipped("Ponytail", _TIED, base("ponytail"), "brown", from_behind=True),
    Shipped("Low ponytail", _TIED, base("low-ponytail"), "light-brown", from_behind=True),
    Shipped(
        "Curly ponytail",
        _TIED,
        kin(
            "ponytail",
            "ponytail-curly",
            texture=replace(base("long-curly").texture, curl_from=0.45, flyaways=0.02),
            tie={"spread": 0.4, "tail_m": 0.26},
        ),
        "dark-brown",
        from_behind=True,
    ),
    Shipped("High bun", _TIED, base("bun"), "dark-brown"),
    Shipped(
        "Low bun",
        _TIED,
        kin(
            "bun",
            "bun-low",
            tie={"height": 0.22, "tail_m": 0.36},
            flow={"volume_m": 0.011, "mess": 0.12},
            texture={"flyaways": 0.05, "frizz_m": 0.0005},
        ),
        "brown",
        from_behind=True,
    ),
    Shipped("Sleek low bun", _TIED, base("sleek-low-bun"), "black", from_behind=True),
    Shipped("Afro puff", (*_TIED, "afro"), base("afro-puff"), "black"),
    Shipped("Half up", (*_TIED, "long"), base("half-up"), "light-brown", from_behind=True),
    Shipped("Half bun", (*_TIED, "medium"), base("half-bun"), "brown", from_behind=True),
    Shipped("Pigtails", _TIED, base("pigtails"), "blond"),
    Shipped("Space buns", _TIED, base("space-buns"), "dark-brown"),
    Shipped("Braid", (*_TIED, "braids"), base("braid"), "brown", from_behind=True),
    Shipped("Two braids", (*_TIED, "braids"), base("two-braids"), "auburn"),
)
"""In the order of the gallery: short to long, then afro and tied hair."""
