"""Gather the labels into one file that travels, and hold portraits out.

    python -m training.parsing.pack --labels DIR --out DIR

Portraits that show the same face (`same_faces`) form a group. Of each set's groups, put in an order
drawn from `SEED`, the first make up `TEST_SHARES` (100 portraits) and the next the
`VALIDATION_SHARES`; `test.txt` and `validation.txt` name both. The rest, and the validation
portraits, are packed.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from jaxtyping import Bool, Float32, UInt8

SEED = 20261120
TEST_SHARES = {"sfhq": 4, "sfhq_hair_style": 11, "sfhq_expression": 11, "congress": 74}
"""Held-out portraits of each set."""
VALIDATION_SHARES = {"sfhq": 1, "sfhq_hair_style": 5, "sfhq_expression": 4, "congress": 20}
SAME_FACE = 0.9
"""Correlation of two faces' pictures above which they count as one face."""
FACE_PX, FACE_PART = 24, slice(96, 216)
"""The faces are compared at this size, over the middle of the square."""
IMAGE_QUALITY, LABEL_QUALITY = 94, 92
WEARERS = Path(__file__).with_name("wearers.csv")
"""Who wears what, read off contact sheets: the teachers know no glasses."""


@dataclass(frozen=True)
class Pack:
    """N portraits, decoded."""

    names: tuple[str, ...]
    square: UInt8[np.ndarray, "N 3 S S"]
    labels: UInt8[np.ndarray, "N 3 S S"]
    """255ths: person, hair, and skin given that a pixel is a person's and not hair."""
    inside: UInt8[np.ndarray, "N S S"]
    """255 where the photo shows something."""
    projection: Float32[np.ndarray, "N 3 4"]
    anchors_m: Float32[np.ndarray, "N 14 3"]
    glasses: UInt8[np.ndarray, "N"]
    """0 none, 1 glasses, 2 doubtful."""
    validation: Bool[np.ndarray, "N"]


def same_faces(squares: list[UInt8[np.ndarray, "S S 3"]]) -> list[int]:
    """The group of each picture: equal numbers for pictures of one face, however cropped."""
    rows: list[np.ndarray] = []
    for square in squares:
        face = cv2.cvtColor(square[FACE_PART, FACE_PART], cv2.COLOR_RGB2GRAY)
        small = cv2.resize(face, (FACE_PX, FACE_PX), interpolation=cv2.INTER_AREA).astype(float)
        rows.append(((small - small.mean()) / max(float(small.std()), 1e-6)).ravel())
    faces = np.stack(rows)
    alike = faces @ faces.T / faces.shape[1] > SAME_FACE
    group = list(range(len(squares)))
    for i, j in zip(*np.nonzero(np.triu(alike, 1)), strict=True):
        old, new = group[j], group[i]
        group = [new if each == old else each for each in group]
    return group


def split(names: list[str], groups: list[int]) -> dict[str, str]:
    """`test`, `validation` or `train` for every name; a group stays together."""
    part: dict[str, str] = {}
    taken: dict[int, str] = {}
    rng = np.random.default_rng(SEED)
    for subset, tested in TEST_SHARES.items():
        mine = [n for n, name in enumerate(names) if name.split(".")[0] == subset]
        left = {"test": tested, "validation": VALIDATION_SHARES[subset]}
        for n in rng.permutation(mine):
            if groups[n] not in taken:
                taken[groups[n]] = next(
                    (side for side, count in left.items() if count > 0), "train"
                )
            side = taken[groups[n]]
            part[names[n]] = side
            if side in left:
                left[side] -= 1
    return part


def wears() -> dict[str, str]:
    """What is worn in `set.name`."""
    lines = [line.split(",") for line in WEARERS.read_text().splitlines()[1:]]
    return {f"{subset}.{name}": worn for subset, name, worn in lines}


def _encoded(image: UInt8[np.ndarray, "S S 3"], quality: int) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111]
    return cv2.imencode(".jpg", image[:, :, ::-1], options)[1].tobytes()


def load_pack(path: Path) -> Pack:
    """Read what `main` wrote."""
    with np.load(path, allow_pickle=False) as archive:
        ends = archive["ends"]
        raw = np.split(archive["jpeg"], ends[:-1])
        pictures = [cv2.imdecode(each, cv2.IMREAD_COLOR)[:, :, ::-1] for each in raw]
        stacked = np.stack(pictures).transpose(0, 3, 1, 2)
        packed = np.unpackbits(archive["inside"], axis=-1)
        return Pack(
            tuple(archive["names"].tolist()), stacked[0::2].copy(), stacked[1::2].copy(),
            packed * np.uint8(255), archive["projection"], archive["anchors_m"],
            archive["glasses"], archive["validation"],
        )  # fmt: skip


def main(
    labels: Annotated[Path, typer.Option(help="What training.parsing.labels wrote.")],
    out: Annotated[Path, typer.Option(help="Where pack.npz and the lists of names go.")],
) -> None:
    """Split and pack."""
    files = sorted(labels.glob("*.npz"))
    names = [file.stem for file in files]
    loaded = [dict(np.load(file, allow_pickle=False)) for file in files]
    groups = same_faces([each["square"] for each in loaded])
    part = split(names, groups)
    out.mkdir(parents=True, exist_ok=True)
    for side in ("test", "validation"):
        chosen = [name for name in names if part[name] == side]
        (out / f"{side}.txt").write_text("\n".join(chosen) + "\n")
        typer.echo(f"{side}: {len(chosen)}")
    worn = wears()
    kept = [n for n, name in enumerate(names) if part[name] != "test"]
    jpegs: list[bytes] = []
    for n in kept:
        data = loaded[n]
        jpegs.append(_encoded(data["square"], IMAGE_QUALITY))
        if worn.get(names[n]) == "headscarf":  # the hair teacher takes it for hair
            data["skin"] = np.minimum(data["skin"], 255 - data["hair"])
            data["hair"] = np.zeros_like(data["hair"])
        planes = np.dstack([data["person"], data["hair"], data["skin"]])
        jpegs.append(_encoded(planes, LABEL_QUALITY))
    codes = {"glasses": 1, "doubtful": 2}
    np.savez(
        out / "pack.npz",
        names=np.array([names[n] for n in kept]),
        jpeg=np.frombuffer(b"".join(jpegs), np.uint8),
        ends=np.cumsum([len(each) for each in jpegs]),
        inside=np.packbits(np.stack([loaded[n]["inside"] > 127 for n in kept]), axis=-1),
        projection=np.stack([loaded[n]["projection"] for n in kept]),
        anchors_m=np.stack([loaded[n]["anchors_m"] for n in kept]),
        glasses=np.array([codes.get(worn.get(names[n], ""), 0) for n in kept], np.uint8),
        validation=np.array([part[names[n]] == "validation" for n in kept]),
    )


if __name__ == "__main__":
    typer.run(main)
