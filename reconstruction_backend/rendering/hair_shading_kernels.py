"""Light off a hair, compiled by numba: three lobes and what strands scatter to each other.

Marschner et al. 2003, "Light scattering from human hair fibers": R off the surface, shifted towards
the root; TT through the hair; TRT back off its far side, coloured and shifted towards the tip; with
the closed-form fits of Karis 2016, "Physically based hair shading in Unreal". Many scatterings
together act like a diffuse surface (Kajiya and Kay 1989, wrapped).
"""
# pyright: reportUntypedFunctionDecorator=false, reportMissingParameterType=false

from math import exp, sqrt
from typing import no_type_check

import numpy as np
from numba import njit

_F0 = np.float32(0.0465)
"""Reflectance of keratin (refractive index 1.55) head on."""
_DIFFUSE = np.float32(1.25)
"""So that hair in full light is about as bright as a surface of its colour: its lit strands stand
among shaded ones."""
_SHEEN = np.float32(0.014)
"""Share of the light from all round that surfaces mirror: what black hair is seen by."""
_ABSORBED = np.float32(0.7)
"""Share of the light met by a strand that does not go on forwards, at the least."""
_DEEPER = np.float32(0.4)
"""Exponent of the colour that light gains deep in hair, by how little of it arrives there."""
_PI = np.float32(np.pi)
_LEAST = np.float32(1e-3)


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def shade(
    points,
    row,
    colours,
    dome,
    hollow,
    eye,
    lamps,
    lamp_colours,
    lamp_widths,
    depths,
    gloss,
    own,
    out,
):
    """Linear RGB of strands' points (N, P, 3) towards the eye, into `out` (N, P, 3).

    `row` (N, P) is a point's row in what light reaches it, or -1 where it is not seen: `dome`
    (K, 3) is the light from all round, of which gaps between wisps get the share `hollow` (K,),
    `depths` (L, K) the hair in front of the lamps. `lamps` (L, 3) are unit directions, with
    irradiance over pi and angular radii. `gloss` scales the surface's highlight; `own` (N, 2) is
    each strand's roughness and the tilt of its scales, radians.
    """
    strands, count = points.shape[0], points.shape[1]
    single = np.zeros(3, np.float32)
    for n in range(strands):
        for k in range(count):
            i = row[n, k]
            if i < 0:
                continue
            before, after = max(k - 1, 0), min(k + 1, count - 1)
            # towards the root
            tx = points[n, before, 0] - points[n, after, 0]
            ty = points[n, before, 1] - points[n, after, 1]
            tz = points[n, before, 2] - points[n, after, 2]
            norm = 1 / max(sqrt(tx * tx + ty * ty + tz * tz), np.float32(1e-9))
            tx, ty, tz = tx * norm, ty * norm, tz * norm
            vx, vy, vz = (
                eye[0] - points[n, k, 0],
                eye[1] - points[n, k, 1],
                eye[2] - points[n, k, 2],
            )
            norm = 1 / max(sqrt(vx * vx + vy * vy + vz * vz), np.float32(1e-9))
            vx, vy, vz = vx * norm, vy * norm, vz * norm
            grey = (colours[n, k, 0] + colours[n, k, 1] + colours[n, k, 2]) / 3
            inside = 1 - min((dome[i, 0] + dome[i, 1] + dome[i, 2]) / 3, np.float32(1))
            for c in range(3):
                # deep in hair light has met more pigment
                tint = (max(colours[n, k, c], _LEAST) / max(grey, _LEAST)) ** (_DEEPER * inside)
                scattered = _DIFFUSE * colours[n, k, c] * tint + _SHEEN
                out[n, k, c] = scattered * dome[i, c] * hollow[i]
            for lamp in range(len(lamps)):
                depth = depths[lamp, i]
                if depth > 8:
                    continue
                lx, ly, lz = lamps[lamp, 0], lamps[lamp, 1], lamps[lamp, 2]
                direct = exp(-depth)
                _lobes(tx, ty, tz, vx, vy, vz, lx, ly, lz, colours[n, k], own[n, 0], own[n, 1],
                       lamp_widths[lamp], direct, gloss, single)  # fmt: skip
                sine = tx * lx + ty * ly + tz * lz
                cosine = sqrt(max(1 - sine * sine, np.float32(0)))
                # across the strand, the side that is lit and the side that is seen
                along = tx * vx + ty * vy + tz * vz
                nx, ny, nz = vx - tx * along, vy - ty * along, vz - tz * along
                norm = 1 / max(sqrt(nx * nx + ny * ny + nz * nz), np.float32(1e-6))
                facing = (nx * lx + ny * ly + nz * lz) * norm
                wrapped = np.float32(0.5) * (cosine + np.float32(0.5) * (facing + 1))
                for c in range(3):
                    colour = min(max(colours[n, k, c], _LEAST), np.float32(0.98))
                    # light hair lets light on: the part that is not absorbed goes on forwards
                    reached = exp(-depth * _ABSORBED * (1 - np.float32(0.65) * sqrt(colour)))
                    scattered = _DIFFUSE * colour * wrapped * reached
                    arriving = lamp_colours[lamp, c] * hollow[i]
                    out[n, k, c] += arriving * (scattered + single[c] * _PI)


@njit(cache=True, nogil=True, fastmath=True, inline="always")
@no_type_check
def _fresnel(cosine):
    m = 1 - cosine
    return _F0 + (1 - _F0) * m * m * m * m * m


@njit(cache=True, nogil=True, fastmath=True, inline="always")
@no_type_check
def _lobe(width, offset):
    return exp(np.float32(-0.5) * offset * offset / (width * width)) / (np.float32(2.5066) * width)


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _lobes(
    tx, ty, tz, vx, vy, vz, lx, ly, lz, colour, rough, shift, lamp_width, direct, gloss, out
):
    """R, TT and TRT (Karis 2016) of light that comes straight, into `out` (3,)."""
    view_light = vx * lx + vy * ly + vz * lz
    sine_light = tx * lx + ty * ly + tz * lz
    sine_view = tx * vx + ty * vy + tz * vz
    cosine_view = sqrt(max(1 - sine_view * sine_view, np.float32(0)))
    cosine_light = sqrt(max(1 - sine_light * sine_light, np.float32(0)))
    # cosine of half the difference of both inclinations
    cosine_between = cosine_view * cosine_light + sine_view * sine_light
    cosine_d = sqrt(max(np.float32(0.5) + np.float32(0.5) * cosine_between, _LEAST))
    cosine_phi = (view_light - sine_view * sine_light) / max(cosine_view * cosine_light, _LEAST)
    cosine_phi = min(max(cosine_phi, np.float32(-1)), np.float32(1))
    cosine_half_phi = sqrt(max(np.float32(0.5) + np.float32(0.5) * cosine_phi, np.float32(0)))
    bent = np.float32(1.19) / cosine_d + np.float32(0.36) * cosine_d
    inclined = sine_light + sine_view
    wide = rough * rough
    lamp_spread = np.float32(0.25) * lamp_width * lamp_width
    through = direct  # lobes die with the hair in front of them

    surface = _lobe(sqrt(wide * wide + lamp_spread), inclined + 2 * shift)
    surface *= np.float32(0.25) * cosine_half_phi
    surface *= _fresnel(sqrt(max(np.float32(0.5) + np.float32(0.5) * view_light, np.float32(0))))
    surface *= gloss * through

    a = 1 / bent
    h = cosine_half_phi * (1 + a * (np.float32(0.6) - np.float32(0.8) * cosine_phi))
    f = _fresnel(cosine_d * sqrt(max(1 - h * h, np.float32(0))))
    forward = _lobe(sqrt(np.float32(0.25) * wide * wide + lamp_spread), inclined - shift)
    forward *= (1 - f) * (1 - f) * exp(np.float32(-3.65) * cosine_phi - np.float32(3.98)) * through
    forward_path = np.float32(0.5) * sqrt(max(1 - h * h * a * a, np.float32(0))) / cosine_d

    f = _fresnel(cosine_d * np.float32(0.5))
    back = _lobe(sqrt(4 * wide * wide + lamp_spread), inclined - 4 * shift)
    back *= (1 - f) * (1 - f) * f * exp(np.float32(17) * cosine_phi - np.float32(16.78)) * through
    back_path = np.float32(0.8) / cosine_d
    for c in range(3):
        base = min(max(colour[c], _LEAST), np.float32(0.98))
        out[c] = surface + forward * base**forward_path + back * base**back_path
