"""From packed portraits to training batches: everything random happens here, on the device.

turned, scaled, mirrored ─ other background ─ hat, scarf, glasses, object ─ CutMix ─ camera
"""

from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional

from training.parsing.drawing import blurred, chance, cloth, pixel_grid, uniform
from training.parsing.pack import Pack
from training.parsing.photometry import perturbed
from training.parsing.worn import (
    BACKGROUND,
    GLASSES,
    Scene,
    glasses,
    glasses_evidence,
    hat,
    headscarf,
    object_in_front,
    put,
)

GREY = 128
"""As in reconstruction_backend/parsing/crop.py, which is not imported: a machine that trains has
torch, but need not have the product's packages."""
MIRRORED_ANCHORS = (3, 2, 1, 0, 5, 4, 6, 7, 9, 8, 10, 11, 13, 12)
GLASSES_SHARE, HAT_SHARE, SCARF_SHARE, OBJECT_SHARE = 0.45, 0.07, 0.05, 0.12
BACKGROUND_SHARE, CUTMIX_SHARE, EXTENDED_SHARE = 0.55, 0.15, 0.5
EXTENDED_WEIGHT = 0.3
"""What is made up beyond the photo's edge looks plausible, but counts less."""
EDGE_PX, MIRRORED_PX = 6, 16
"""Of the square: the photo's edge is left out; so much is mirrored at it, the rest drawn out."""
LARGEST_TURN = 0.26
SCALES = (0.80, 1.25)
LARGEST_SHIFT = 0.08
CALM_EXPOSURE, CALM_CAST = 0.12, 0.05
"""Log deviations of brightness and of each channel in calm pictures."""


@dataclass(frozen=True)
class Portraits:
    """A pack on a device."""

    square: Tensor
    labels: Tensor
    inside: Tensor
    projection: Tensor
    anchors: Tensor
    glasses: Tensor
    chances: Tensor | None = None
    """(N,): how often each is drawn for a batch, relative to the others; evenly where None."""

    @classmethod
    def of(cls, pack: Pack, chosen: Tensor, device: torch.device) -> "Portraits":
        """Some of a pack's portraits."""
        index = chosen.numpy()

        def moved(array: object) -> Tensor:
            return torch.as_tensor(array).to(device)

        return cls(
            moved(pack.square[index]),
            moved(pack.labels[index]),
            moved(pack.inside[index][:, None]),
            moved(pack.projection[index]),
            moved(pack.anchors_m[index]),
            moved(pack.glasses[index]),
        )

    def __len__(self) -> int:
        return len(self.square)

    def draw(self, count: int) -> Tensor:
        """Indices of that many portraits by their chances, with repetition."""
        device = self.square.device
        if self.chances is None:
            return torch.randint(0, len(self), (count,), device=device)
        return torch.multinomial(self.chances, count, replacement=True)


@dataclass(frozen=True)
class Batch:
    """What the network is shown and asked."""

    image: Tensor
    """(B, 3, S, S), 0 to 1."""
    shares: Tensor
    """(B, 5, S, S)."""
    weight: Tensor
    """(B, 1, S, S): how much each pixel counts."""
    class_weight: Tensor
    """(B, 5): zero where a class's labels of a whole picture are not to be trusted."""


def plain_batch(portraits: Portraits, index: Tensor, size_px: int) -> Batch:
    """Portraits as they are, at the network's size."""
    scene, inside = _scene(portraits, index, size_px, None)
    return _finished(scene, inside, portraits.glasses[index])


def calm_batch(portraits: Portraits, count: int, size_px: int) -> Batch:
    """Portraits nearly as they are: turned, scaled, mirrored, a little brighter or darker."""
    device = portraits.square.device
    index = portraits.draw(count)
    scene, inside = _scene(portraits, index, size_px, _random_maps(count, size_px, device))
    gain = CALM_EXPOSURE * torch.randn(count, 1, 1, 1, device=device)
    gain = torch.exp(gain + CALM_CAST * torch.randn(count, 3, 1, 1, device=device))
    lit = torch.lerp(scene.image, (scene.image * gain).clamp(0, 1), (inside > 0).float())
    scene = Scene(lit, scene.shares, scene.projection, scene.anchors)
    return _finished(scene, inside, portraits.glasses[index])


def joined(*batches: Batch) -> Batch:
    """One batch of several."""
    planes = [torch.cat([getattr(each, f.name) for each in batches]) for f in fields(Batch)]
    return Batch(*planes)


def random_batch(portraits: Portraits, count: int, size_px: int) -> Batch:
    """Portraits as nobody saw them yet."""
    device = portraits.square.device
    index = portraits.draw(count)
    worn = portraits.glasses[index]
    scene, inside = _scene(portraits, index, size_px, _random_maps(count, size_px, device))
    scene = _before_another_background(scene)
    like = scene.image
    dressed = torch.rand(count, 1, 1, 1, device=device)
    scene = hat(scene, (dressed < HAT_SHARE).float())
    scene = headscarf(scene, (dressed > 1 - SCARF_SHARE).float())
    free = (worn == 0).float().reshape(-1, 1, 1, 1)
    scene = glasses(scene, chance(GLASSES_SHARE, like) * free)
    batch = _finished(scene, inside, worn)
    scene = object_in_front(
        Scene(batch.image, batch.shares, scene.projection, scene.anchors),
        chance(OBJECT_SHARE, like),
    )
    image = perturbed(scene.image, (inside > 0).float())
    return _cut_mixed(Batch(image, scene.shares, batch.weight, batch.class_weight))


def _finished(scene: Scene, inside: Tensor, worn: Tensor) -> Batch:
    """Labels of real glasses, as far as they are known."""
    sure, band = glasses_evidence(scene)
    real = (worn == 1).float().reshape(-1, 1, 1, 1)
    doubtful = (worn == 2).float().reshape(-1, 1, 1, 1)
    shares = put(scene.shares, (sure > 0.5).float() * real, GLASSES)
    known = 1 - (real * band * (1 - (sure > 0.5).float())) - doubtful * band
    class_weight = torch.ones(len(worn), 5, device=worn.device)
    class_weight[:, GLASSES] = (worn == 0).float()
    return Batch(scene.image, shares, inside * known.clamp(0, 1), class_weight)


def _random_maps(count: int, size_px: int, device: torch.device) -> Tensor:
    """(B, 3, 3): random similarities about the middle, mirrored half of the time; pixels."""
    like = torch.empty(count, 1, device=device)
    turn = uniform(-1, 1, like).flatten() ** 3 * LARGEST_TURN
    low, high = (torch.log(torch.tensor(each)).item() for each in SCALES)
    scale = torch.exp(uniform(low, high, like).flatten())
    mirror = 1 - 2 * chance(0.5, like).flatten()
    shift = (torch.rand(count, 2, device=device) - 0.5) * 2 * LARGEST_SHIFT * size_px
    c, s = scale * turn.cos(), scale * turn.sin()
    middle = (size_px - 1) / 2
    maps = torch.zeros(count, 3, 3, device=device)
    maps[:, 0, 0], maps[:, 0, 1], maps[:, 1, 0], maps[:, 1, 1] = c * mirror, -s, s * mirror, c
    maps[:, :2, 2] = (
        middle + shift - (maps[:, :2, :2] @ torch.full((2, 1), middle, device=device))[:, :, 0]
    )
    maps[:, 2, 2] = 1
    return maps


def _scene(
    portraits: Portraits, index: Tensor, size_px: int, maps: Tensor | None
) -> tuple[Scene, Tensor]:
    """The chosen portraits at the network's size, moved by `maps`; and how much pixels count."""
    device, count = index.device, len(index)
    source = portraits.square.shape[-1]
    shrink = size_px / source
    resize = torch.tensor(
        [[shrink, 0, 0.5 * shrink - 0.5], [0, shrink, 0.5 * shrink - 0.5], [0, 0, 1]], device=device
    ).expand(count, 3, 3)
    total = resize if maps is None else maps @ resize
    inverse = torch.linalg.inv(total.double()).float()
    points = torch.einsum("bij,yxj->byxi", inverse, pixel_grid(size_px, portraits.projection))[
        ..., :2
    ]
    inside_source = portraits.inside[index].float() / 255
    weight = _sampled(inside_source, points, "zeros")
    extended = torch.zeros(count, 1, 1, 1, device=device)
    if maps is not None:
        extended = chance(EXTENDED_SHARE, points)
        points = torch.lerp(points, _mirrored_into(points, inside_source), extended)
    image = _sampled(portraits.square[index].float() / 255, points, "border")
    planes = _sampled(portraits.labels[index].float() / 255, points, "border")
    weight = torch.maximum((weight > 0.5).float(), EXTENDED_WEIGHT * extended)
    image = torch.lerp(torch.full_like(image, GREY / 255), image, (weight > 0).float())
    projection = total @ portraits.projection[index]
    anchors = portraits.anchors[index]
    if maps is not None:
        projection, anchors = _mirrored_heads(projection, anchors, maps)
    person, hair, skin = planes.unbind(1)
    bare = (person - hair).clamp_min(0)
    shares = torch.stack(
        [1 - torch.maximum(person, hair), bare * skin, hair, bare * (1 - skin), 0 * bare], dim=1
    )
    return Scene(image, shares, projection, anchors), weight


def _sampled(planes: Tensor, points: Tensor, beyond: str) -> Tensor:
    size = planes.shape[-1]
    grid = (points + 0.5) * (2 / size) - 1
    return functional.grid_sample(
        planes, grid, mode="bilinear", padding_mode=beyond, align_corners=False
    )


def _mirrored_into(points: Tensor, inside: Tensor) -> Tensor:
    """Points beyond the photo's box in the square, folded back (the box is nearly level)."""
    rows, columns = inside[:, 0].amax(2) > 0.5, inside[:, 0].amax(1) > 0.5
    size = inside.shape[-1]

    def first(seen: Tensor) -> Tensor:
        return seen.float().argmax(1).float() + EDGE_PX

    low = torch.stack([first(columns), first(rows)], dim=1)[:, None, None]
    high = torch.stack([first(columns.flip(1)), first(rows.flip(1))], dim=1)[:, None, None]
    high = size - 1 - high
    below, above = (low - points).clamp(0, MIRRORED_PX), (points - high).clamp(0, MIRRORED_PX)
    return torch.minimum(torch.maximum(points, low), high) + below - above


def _mirrored_heads(projection: Tensor, anchors: Tensor, maps: Tensor) -> tuple[Tensor, Tensor]:
    """In a mirrored picture the head is mirrored too, so that right stays right."""
    mirrored = (torch.linalg.det(maps[:, :2, :2]) < 0)[:, None, None]
    flip = torch.tensor([-1.0, 1.0, 1.0], device=anchors.device)
    other_projection = projection * torch.cat([flip, flip.new_ones(1)])
    other_anchors = anchors[:, list(MIRRORED_ANCHORS)] * flip
    return (
        torch.where(mirrored, other_projection, projection),
        torch.where(mirrored, other_anchors, anchors),
    )


def _before_another_background(scene: Scene) -> Scene:
    """The person before a wall, a blurred view, or another portrait upside down."""
    image, size = scene.image, scene.size_px
    turned = torch.flip(torch.roll(image, 1, 0), (2,))
    large = functional.interpolate(
        turned[:, :, size // 4 : -size // 4, size // 4 : -size // 4],
        size=(size, size),
        mode="bilinear",
    )
    soft = blurred(large, float(torch.rand(()) * 9 + 1))
    wall = blurred(cloth(image, size), float(torch.rand(()) * 4 + 0.5))
    pick = torch.rand(len(image), 1, 1, 1, device=image.device)
    other = torch.where(pick < 0.3, large, torch.where(pick < 0.6, soft, wall))
    replaced = chance(BACKGROUND_SHARE, image)
    background = scene.shares[:, BACKGROUND : BACKGROUND + 1]
    image = torch.lerp(image, other, background * replaced)
    return Scene(image, scene.shares, scene.projection, scene.anchors)


def _cut_mixed(batch: Batch) -> Batch:
    """A box of each chosen picture comes from another, labels and all (Yun et al. 2019)."""
    size = batch.image.shape[-1]
    like = batch.image
    axis = torch.arange(size, device=like.device, dtype=torch.float32)
    x = (axis[None, None, None, :] / size - uniform(0, 1, like)).abs() < uniform(0.05, 0.25, like)
    y = (axis[None, None, :, None] / size - uniform(0, 1, like)).abs() < uniform(0.05, 0.25, like)
    box = (x & y).float() * chance(CUTMIX_SHARE, like)

    def mixed(values: Tensor) -> Tensor:
        return torch.lerp(values, torch.roll(values, 1, 0), box)

    changed = box.amax((1, 2, 3))[:, None]
    known = torch.minimum(batch.class_weight, torch.roll(batch.class_weight, 1, 0))
    return Batch(
        mixed(batch.image), mixed(batch.shares), mixed(batch.weight),
        torch.lerp(batch.class_weight, known, changed),
    )  # fmt: skip
