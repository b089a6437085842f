"""Things drawn onto fitted heads: glasses, hats, headscarves, and objects in front.

Everything is placed in head space, in millimetres of real glasses and hats, and projected by the
portrait's fitted camera, so it turns with the head. `anchors` (B, 14, 3) are `labels.ANCHORS`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from training.parsing.drawing import (
    blurred,
    chance,
    cloth,
    colour,
    cover,
    noise,
    plane_coordinates,
    projected,
    segment,
    superellipse,
    uniform,
)

BACKGROUND, SKIN, HAIR, CLOTHES, GLASSES = range(5)
"""Places in the shares: the order of CLASSES, which lies in the product (a test compares)."""
EYES, TEMPLES, EARS = (4, 5), (12, 13), (8, 9)
"""Places in the anchors of right and left: irises, temples, ears."""
BRIDGE, HAIRLINE, CHIN = 6, 10, 11
LENS_HALF_HEIGHT_SURE_M, LENS_HALF_WIDTH_SURE_M = 0.009, 0.015
"""About the eye's centre, any pair of glasses has lens here."""
BAND_HALF_WIDTH_M, BAND_ABOVE_M, BAND_BELOW_M = 0.085, 0.030, 0.040
"""About the eyes: nothing of a pair of glasses but the ends of its temples lies outside."""


@dataclass(frozen=True)
class Scene:
    """Pictures being drawn upon."""

    image: Tensor
    """(B, 3, S, S), 0 to 1."""
    shares: Tensor
    """(B, 5, S, S) in the order of CLASSES."""
    projection: Tensor
    """(B, 3, 4): head space to pixels of these pictures."""
    anchors: Tensor

    @property
    def size_px(self) -> int:
        """Side of the pictures."""
        return self.image.shape[-1]


def put(shares: Tensor, cover_share: Tensor, class_index: int) -> Tensor:
    """Give a share (B, 1, S, S) of each pixel to a class."""
    one = torch.zeros(1, shares.shape[1], 1, 1, device=shares.device)
    one[:, class_index] = 1
    return shares * (1 - cover_share) + cover_share * one


def _axes(yaw: Tensor, tilt: Tensor) -> tuple[Tensor, Tensor]:
    zero = torch.zeros_like(yaw)
    u_axis = torch.cat([yaw.cos(), zero, -yaw.sin()], dim=1)
    v_axis = torch.cat([zero, tilt.cos(), tilt.sin()], dim=1)
    return u_axis, v_axis


def _flat(value: Tensor) -> Tensor:
    return value.reshape(len(value), 1)


@dataclass(frozen=True)
class _Frames:
    """One pair of glasses a picture; (B, 1, 1, 1) each."""

    half_width: Tensor
    half_height: Tensor
    power: Tensor
    slant: Tensor
    """The outer end's rise (cat's eye)."""
    taper: Tensor
    """Narrowing towards the cheek (aviator)."""
    thickness: Tensor
    brow_thickness: Tensor
    rimless: Tensor
    forward: Tensor
    tilt: Tensor
    wrap: Tensor
    drop: Tensor
    spread: Tensor
    temple: Tensor


def _frames(like: Tensor) -> _Frames:
    metal = chance(0.6, like)
    thickness = torch.lerp(uniform(0.0018, 0.0055, like), uniform(0.0005, 0.0016, like), metal)
    return _Frames(
        half_width=uniform(0.021, 0.030, like),
        half_height=uniform(0.0125, 0.0265, like),
        power=uniform(1.9, 5, like),
        slant=uniform(-0.02, 0.20, like) * chance(0.5, like),
        taper=uniform(-0.05, 0.35, like) * chance(0.5, like),
        thickness=thickness,
        brow_thickness=thickness
        * torch.lerp(torch.ones_like(metal), uniform(1, 3, like), chance(0.35, like)),
        rimless=chance(0.22, like),
        forward=uniform(0.010, 0.019, like),
        tilt=uniform(0.0, 0.22, like),
        wrap=uniform(0.0, 0.18, like),
        drop=uniform(-0.001, 0.009, like),
        spread=uniform(-0.001, 0.004, like),
        temple=torch.maximum(thickness, uniform(0.001, 0.006, like)),
    )


def glasses(scene: Scene, worn: Tensor) -> Scene:
    """Draw a random pair on the pictures where `worn` (B, 1, 1, 1) is one."""
    like, frames = scene.image, _frames(scene.image)
    rim, lens = torch.zeros_like(like[:, :1]), torch.zeros_like(like[:, :1])
    height = torch.zeros_like(rim)
    for side in (0, 1):
        one_rim, one_lens, v = _one_lens(scene, frames, side)
        rim, lens = torch.maximum(rim, one_rim), torch.maximum(lens, one_lens)
        height = torch.where(one_lens > 0, v, height)
    rim = torch.maximum(rim, _bridge(scene, frames))
    hair = scene.shares[:, HAIR : HAIR + 1]
    for side in (0, 1):
        rim = torch.maximum(rim, _temple(scene, frames, side, hair))
    rim, lens = rim * worn, lens * worn
    image = _shadow(scene, rim)
    image = _tinted(image, lens, height / frames.half_height)
    image = _reflections(image, lens)
    image = torch.lerp(image, _frame_colour(scene), rim)
    return Scene(
        image.clamp(0, 1),
        put(scene.shares, torch.maximum(rim, lens), GLASSES),
        scene.projection,
        scene.anchors,
    )


def _one_lens(scene: Scene, frames: _Frames, side: int) -> tuple[Tensor, Tensor, Tensor]:
    """Rim, lens, and height in the lens's plane."""
    eye = scene.anchors[:, EYES[side]]
    outward = -1.0 if side == 0 else 1.0
    centre = eye + torch.cat(
        [outward * _flat(frames.spread), -_flat(frames.drop), _flat(frames.forward)], dim=1
    )
    u_axis, v_axis = _axes(outward * _flat(frames.wrap), _flat(frames.tilt))
    u, v, pixel = plane_coordinates(scene.projection, centre, u_axis, v_axis, scene.size_px)
    u = u * outward
    v = v - frames.slant * u
    u = u * (1 - frames.taper * (v / frames.half_height).clamp(-1.5, 1.5))
    distance = superellipse(u, v, frames.half_width, frames.half_height, frames.power)
    lens = cover(distance, pixel)
    top = ((v / frames.half_height) > 0.3).float()
    thick = torch.lerp(frames.thickness, frames.brow_thickness, top)
    half_rim = chance(0.15, scene.image)
    thick = thick * (1 - half_rim * (1 - top))
    rim = cover((distance - thick / 2).abs() - thick / 2, pixel) * (thick / pixel).clamp(0, 1)
    return rim * (1 - 0.85 * frames.rimless), torch.maximum(lens, rim), v


def _bridge(scene: Scene, frames: _Frames) -> Tensor:
    right, left = scene.anchors[:, EYES[0]], scene.anchors[:, EYES[1]]
    middle = (right + left) / 2
    lift = _flat(frames.half_height) * (torch.rand_like(middle[:, :1]) * 0.6)
    zero = torch.zeros_like(lift)
    shift = torch.cat([zero, lift - _flat(frames.drop), _flat(frames.forward) + 0.002], dim=1)
    gap = (left - right)[:, :1] / 2 + _flat(frames.spread) - _flat(frames.half_width) * 0.92
    reach = torch.cat([gap.clamp_min(0.004), zero, zero], dim=1)
    start = projected(scene.projection, middle + shift - reach)
    end = projected(scene.projection, middle + shift + reach)
    distance, along = segment(scene.size_px, start, end)
    pixels = (end - start).norm(dim=1) / (2 * reach[:, 0]).clamp_min(1e-4)
    arch = torch.sin(along * 3.1416) * uniform(0, 0.004, scene.image) * pixels.reshape(-1, 1, 1, 1)
    thick = torch.maximum(frames.thickness, uniform(0.0008, 0.003, scene.image))
    thick = thick * pixels.reshape(-1, 1, 1, 1)
    return cover((distance - arch * 0.3).abs() - thick / 2, torch.ones_like(thick)) * thick.clamp(
        0, 1
    )


def _temple(scene: Scene, frames: _Frames, side: int, hair: Tensor) -> Tensor:
    """The arm from the hinge to the ear; hidden where its side of the head turns away."""
    outward = -1.0 if side == 0 else 1.0
    eye, ear = scene.anchors[:, EYES[side]], scene.anchors[:, EARS[side]]
    hinge = eye + torch.cat(
        [
            outward * (_flat(frames.half_width) + _flat(frames.spread)),
            _flat(frames.half_height) * 0.4 - _flat(frames.drop),
            _flat(frames.forward) - _flat(frames.half_width) * _flat(frames.wrap).sin(),
        ],
        dim=1,
    )
    end = ear + torch.cat(
        [
            torch.full_like(ear[:, :1], outward * 0.004),
            torch.rand_like(ear[:, :1]) * 0.012 + 0.006,
            -0.03 * torch.ones_like(ear[:, :1]),
        ],
        dim=1,
    )
    start_px, end_px = projected(scene.projection, hinge), projected(scene.projection, end)
    distance, along = segment(scene.size_px, start_px, end_px)
    camera = _camera_position(scene.projection)
    view = torch.nn.functional.normalize(camera - hinge, dim=1)
    facing = (outward * view[:, 0]).reshape(-1, 1, 1, 1)
    visible = torch.maximum(torch.sigmoid((facing + 0.02) * 60), (along < 0.04).float())
    scale = _pixels_per_metre(scene)
    thick = frames.temple * scale
    shown = cover(distance - thick / 2, torch.ones_like(thick)) * thick.clamp(0, 1) * visible
    return shown * (1 - hair * (along > 0.3).float())


def _camera_position(projection: Tensor) -> Tensor:
    return -torch.linalg.solve(projection[:, :, :3].double(), projection[:, :, 3].double()).float()


def _pixels_per_metre(scene: Scene) -> Tensor:
    right = projected(scene.projection, scene.anchors[:, TEMPLES[0]])
    left = projected(scene.projection, scene.anchors[:, TEMPLES[1]])
    metres = (scene.anchors[:, TEMPLES[1]] - scene.anchors[:, TEMPLES[0]]).norm(dim=1)
    eyes = (
        projected(scene.projection, scene.anchors[:, EYES[1]])
        - projected(scene.projection, scene.anchors[:, EYES[0]])
    ).norm(dim=1)
    gap = (scene.anchors[:, EYES[1]] - scene.anchors[:, EYES[0]]).norm(dim=1)
    return torch.maximum((left - right).norm(dim=1) / metres, eyes / gap).reshape(-1, 1, 1, 1)


def _shadow(scene: Scene, rim: Tensor) -> Tensor:
    shift = int(torch.randint(1, 5, ()).item())
    sideways = int(torch.randint(-3, 4, ()).item())
    cast = blurred(torch.roll(rim, (shift, sideways), (2, 3)), float(torch.rand(()) * 1.8 + 0.6))
    return scene.image * (1 - uniform(0, 0.5, scene.image) * cast)


def _tinted(image: Tensor, lens: Tensor, height: Tensor) -> Tensor:
    tinted = chance(0.28, image)
    opacity = torch.lerp(uniform(0, 0.06, image), uniform(0.15, 0.97, image), tinted)
    gradient = 1 - chance(0.4, image) * 0.45 * (0.5 - height.clamp(-1, 1) / 2)
    tint = torch.lerp(uniform(0.6, 1, image).expand(-1, 3, 1, 1), colour(image, 0, 0.5), tinted)
    return torch.lerp(image, tint.expand_as(image), lens * opacity * gradient)


def _reflections(image: Tensor, lens: Tensor) -> Tensor:
    """A bright band across, and soft blobs."""
    size = image.shape[-1]
    axis = torch.arange(size, device=image.device, dtype=torch.float32)
    angle, place = uniform(-0.8, 0.8, image), uniform(0.2, 0.7, image) * size
    along = (
        axis[None, None, None, :] * angle.cos() + axis[None, None, :, None] * angle.sin() - place
    )
    width = uniform(2, 16, image)
    band = (
        torch.sigmoid(along)
        * torch.sigmoid(width - along)
        * uniform(0, 0.6, image)
        * chance(0.3, image)
    )
    blobs = (noise(image, size, 24) - uniform(1.2, 2.2, image)).clamp_min(0) * chance(0.35, image)
    bright = (band + blobs * uniform(0, 1.2, image)).clamp(0, 0.95) * lens
    return torch.lerp(image, (0.75 + 0.25 * colour(image)).expand_as(image), bright)


def _frame_colour(scene: Scene) -> Tensor:
    like = scene.image
    kind = torch.rand(len(like), 1, 1, 1, device=like.device)
    black = uniform(0.01, 0.12, like).expand(-1, 3, -1, -1)
    brown = torch.tensor([0.35, 0.2, 0.1], device=like.device).reshape(1, 3, 1, 1) * uniform(
        0.3, 1.4, like
    )
    metal = torch.tensor([0.75, 0.66, 0.5], device=like.device).reshape(1, 3, 1, 1)
    metal = torch.lerp(
        metal.expand(len(like), -1, -1, -1),
        uniform(0.25, 0.85, like).expand(-1, 3, -1, -1),
        chance(0.6, like),
    )
    base = torch.where(
        kind < 0.35,
        black,
        torch.where(kind < 0.55, brown, torch.where(kind < 0.85, metal, colour(like))),
    )
    light = 1 + uniform(0.05, 0.6, like) * noise(like, scene.size_px, 40)
    face = (scene.image * scene.shares[:, SKIN : SKIN + 1]).sum((1, 2, 3)) / (
        3 * scene.shares[:, SKIN].sum((1, 2)) + 1
    )
    exposure = (face.reshape(-1, 1, 1, 1) / 0.5).clamp(0.3, 1.3)
    return (base * light.clamp(0.2, 2.5) * exposure).clamp(0, 1)


def glasses_evidence(scene: Scene) -> tuple[Tensor, Tensor]:
    """Of wearers of real glasses: where lens is certain, and where it may be; (B, 1, S, S)."""
    sure = torch.zeros_like(scene.image[:, :1])
    band = torch.zeros_like(sure)
    for side in (0, 1):
        eye = scene.anchors[:, EYES[side]]
        forward = torch.tensor([0.0, -0.003, 0.013], device=eye.device)
        u_axis, v_axis = _axes(torch.zeros_like(eye[:, :1]), torch.zeros_like(eye[:, :1]))
        u, v, pixel = plane_coordinates(
            scene.projection, eye + forward, u_axis, v_axis, scene.size_px
        )
        a = torch.full_like(pixel, LENS_HALF_WIDTH_SURE_M)
        b = torch.full_like(pixel, LENS_HALF_HEIGHT_SURE_M)
        lens = cover(superellipse(u, v, a, b, torch.full_like(pixel, 2.0)), pixel)
        sure = torch.maximum(sure, lens)
        outward = -u if side == 0 else u
        inside = (outward < BAND_HALF_WIDTH_M - 0.032) & (outward > -0.034)
        band = torch.maximum(band, (inside & (v < BAND_ABOVE_M) & (v > -BAND_BELOW_M)).float())
    return sure, band


def hat(scene: Scene, worn: Tensor) -> Scene:
    """A cap, a beanie or a brimmed hat; it belongs to clothes."""
    like, anchors = scene.image, scene.anchors
    half = (anchors[:, TEMPLES[1], :1] - anchors[:, TEMPLES[0], :1]) / 2
    level = anchors[:, HAIRLINE] - torch.cat(
        [half * 0, torch.rand_like(half) * 0.035 - 0.006, half * 0 + 0.03], dim=1
    )
    u_axis, v_axis = _axes(torch.zeros_like(half), (torch.rand_like(half) - 0.3) * 0.5)
    u, v, pixel = plane_coordinates(scene.projection, level, u_axis, v_axis, scene.size_px)
    a = half.reshape(-1, 1, 1, 1) + uniform(0.008, 0.028, like)
    crown = superellipse(u, v, a, uniform(0.06, 0.17, like), uniform(2, 4, like))
    line = v + uniform(-3, 4, like) * (a**2 - u**2)
    mask = cover(crown, pixel) * cover(-line, pixel)
    brimmed = chance(0.6, like)
    rim = superellipse(
        u, v, a * uniform(1.05, 1.8, like), uniform(0.008, 0.035, like), torch.full_like(a, 2.0)
    )
    mask = torch.maximum(mask, brimmed * cover(rim, pixel)) * worn
    shade = blurred(torch.roll(mask, int(torch.randint(3, 14, ()).item()), 2), 4.0)
    image = like * (1 - uniform(0, 0.5, like) * shade)
    stuff = cloth(like, scene.size_px) * (
        1 - 0.5 * (1 - torch.sqrt((1 - (u / (2 * a)) ** 2).clamp(0, 1)))
    )
    return Scene(
        torch.lerp(image, stuff, mask), put(scene.shares, mask, CLOTHES), scene.projection, anchors
    )


def headscarf(scene: Scene, worn: Tensor) -> Scene:
    """Cloth around the face and down onto the shoulders; it belongs to clothes."""
    like, anchors = scene.image, scene.anchors
    half = (anchors[:, TEMPLES[1], :1] - anchors[:, TEMPLES[0], :1]) / 2
    tall = (anchors[:, HAIRLINE, 1:2] - anchors[:, CHIN, 1:2]) / 2
    middle = (anchors[:, HAIRLINE] + anchors[:, CHIN]) / 2
    centre = torch.cat(
        [middle[:, :1], middle[:, 1:2] - 0.004, anchors[:, TEMPLES[0], 2:] + 0.025], dim=1
    )
    u_axis, v_axis = _axes(torch.zeros_like(half), torch.zeros_like(half))
    u, v, pixel = plane_coordinates(scene.projection, centre, u_axis, v_axis, scene.size_px)
    a, b = half.reshape(-1, 1, 1, 1), tall.reshape(-1, 1, 1, 1)
    inner = superellipse(
        u, v, a * uniform(0.93, 1.05, like), b * uniform(0.95, 1.08, like), uniform(2, 2.8, like)
    )
    outer = superellipse(
        u, v, a + uniform(0.02, 0.05, like), b + uniform(0.04, 0.075, like), uniform(2, 2.6, like)
    )
    drape = (u.abs() - a - 0.01 + (v + b * 0.3) * uniform(0.3, 1.2, like)) + 10 * (
        v + b * 0.3
    ).clamp_min(0)
    around = torch.maximum(cover(outer, pixel), cover(drape, pixel))
    mask = around * (1 - cover(inner, pixel)) * worn
    shade = blurred(mask, 3.0)
    image = like * (1 - uniform(0, 0.4, like) * shade)
    folds = 1 + 0.25 * torch.sin(
        torch.sqrt(u**2 + v**2 + 1e-9) * 300 + 3 * noise(like, scene.size_px, 6)
    )
    stuff = (cloth(like, scene.size_px) * folds).clamp(0, 1)
    return Scene(
        torch.lerp(image, stuff, mask), put(scene.shares, mask, CLOTHES), scene.projection, anchors
    )


def object_in_front(scene: Scene, present: Tensor) -> Scene:
    """Something that is no part of the person: a cup, a phone, a leaf; background by definition."""
    like, size = scene.image, scene.size_px
    axis = torch.arange(size, device=like.device, dtype=torch.float32)
    x = axis[None, None, None, :] - uniform(0, 1, like) * size
    y = axis[None, None, :, None] - uniform(0.3, 1, like) * size
    angle = uniform(0, 3.14, like)
    u, v = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
    shape = superellipse(u, v, uniform(8, 38, like), uniform(6, 30, like), uniform(1.8, 6, like))
    shape = shape + uniform(0, 4, like) * noise(like, size, 12)
    mask = cover(shape, torch.ones_like(angle) * 1.5) * present
    return Scene(
        torch.lerp(like, cloth(like, size), mask),
        put(scene.shares, mask, BACKGROUND),
        scene.projection,
        scene.anchors,
    )
