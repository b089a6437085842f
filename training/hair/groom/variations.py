"""Hundreds of declared styles: every base and every shipped style, varied in named ways."""

from collections.abc import Callable
from dataclasses import replace

from training.hair.groom.catalogue import BASES
from training.hair.groom.mirroring import mirrored
from training.hair.groom.parameters import Lengths, StyleParameters
from training.hair.groom.shipped import SHIPPED

_NO_HEM_M = -0.9
_SCALP_TOP_M = 0.145


def every_style() -> tuple[StyleParameters, ...]:
    """All of them, each under its own name; the shipped ones come first."""
    shipped = [entry.style for entry in SHIPPED]
    names = {style.name for style in shipped}
    roots = [*shipped, *(style for style in BASES if style.name not in names)]
    varied = [
        replace(vary(style), name=f"{style.name}-{name}")
        for style in roots
        for name, vary in VARIATIONS.items()
    ]
    return (*roots, *varied)


def _scaled(lengths: Lengths, factor: float) -> Lengths:
    hem = lengths.hem_m
    if hem > _NO_HEM_M:
        hem = _SCALP_TOP_M - factor * (_SCALP_TOP_M - hem)
    return replace(
        lengths,
        top_m=factor * lengths.top_m,
        front_m=factor * lengths.front_m,
        crown_m=factor * lengths.crown_m,
        sides_m=factor * lengths.sides_m,
        back_m=factor * lengths.back_m,
        nape_m=factor * lengths.nape_m,
        hem_m=hem,
    )


def _shorter(style: StyleParameters) -> StyleParameters:
    tie = replace(style.tie, tail_m=0.7 * style.tie.tail_m)
    return replace(style, lengths=_scaled(style.lengths, 0.75), tie=tie)


def _longer(style: StyleParameters) -> StyleParameters:
    tie = replace(style.tie, tail_m=1.3 * style.tie.tail_m)
    return replace(style, lengths=_scaled(style.lengths, 1.25), tie=tie)


def _fuller(style: StyleParameters) -> StyleParameters:
    flow = replace(
        style.flow,
        volume_m=1.5 * style.flow.volume_m,
        lift=min(1.0, 1.3 * style.flow.lift),
        mess=1.5 * style.flow.mess,
    )
    return replace(style, flow=flow)


def _sleeker(style: StyleParameters) -> StyleParameters:
    texture = replace(
        style.texture,
        frizz_m=0.4 * style.texture.frizz_m,
        flyaways=0.3 * style.texture.flyaways,
        curl_radius_m=0.6 * style.texture.curl_radius_m,
    )
    flow = replace(style.flow, volume_m=0.65 * style.flow.volume_m, mess=0.4 * style.flow.mess)
    return replace(style, texture=texture, flow=flow)


def _wavier(style: StyleParameters) -> StyleParameters:
    texture = replace(
        style.texture,
        curl_radius_m=1.3 * style.texture.curl_radius_m + 0.003,
        curl_pitch_m=0.85 * max(style.texture.curl_pitch_m, 0.03),
        clump=min(1.0, 1.2 * style.texture.clump),
    )
    return replace(style, texture=texture)


VARIATIONS: dict[str, Callable[[StyleParameters], StyleParameters]] = {
    "shorter": _shorter,
    "longer": _longer,
    "fuller": _fuller,
    "sleeker": _sleeker,
    "wavier": _wavier,
    "mirrored": mirrored,
}
