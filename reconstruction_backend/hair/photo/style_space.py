"""Some hundreds of the generator's styles in one small file, and what views of each look like.

`training/hair/net/style_space.py` writes it. A style is its strands on the grid of the scalp, as
codes of a linear basis, in whole bytes; beside it stand coarse pictures of its mask and
orientations from several sides, by which it is found.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Int8, Int32, Int64, UInt8

from reconstruction_backend.errors import DAMAGED_NPZ, InvalidModel, ModelNotAvailable
from reconstruction_backend.hair.hairstyle import StrandTexture
from reconstruction_backend.model_store import MODELS_FOLDER

HAIR_STYLES = MODELS_FOLDER / "hair_styles.npz"
FORMAT_VERSION = 2
VIEW_YAWS_RAD = (-0.6, -0.3, 0.0, 0.3, 0.6)
"""Of the head in the pictures, towards the subject's left where positive."""
CELLS = 24
"""Along an edge of a picture."""
TEXTURE_NUMBERS = (
    "strands", "width_m", "taper", "clump", "clump_strands", "stray_m", "curl_radius_m",
    "curl_pitch_m", "curl_from", "curl_together", "frizz_m", "flyaways", "length_spread",
    "bundle_radius_m",
)  # fmt: skip
MASK_UNIT, DOUBLED_UNIT, CODE_UNIT = 255, 127, 32
"""What a stored byte counts in."""


@dataclass(frozen=True)
class StyleStrands:
    """A style's G strands on the mean head."""

    offsets_m: Float32[np.ndarray, "G P 3"]
    """From the root."""
    root: Int64[np.ndarray, "G"]
    """Which of `Scalp.grid`'s points each grows from."""
    wisp: Int32[np.ndarray, "G"]
    """As in `HairGuides`."""


@dataclass(frozen=True)
class StyleSpace:
    """M styles on the R grid points of the scalp."""

    names: tuple[str, ...]
    textures: tuple[StrandTexture, ...]
    tied: Bool[np.ndarray, "M"]
    """Whether hair is bound together: a ponytail, a bun."""
    code: Int8[np.ndarray, "M R K"]
    present: Bool[np.ndarray, "M R"]
    wisp: UInt8[np.ndarray, "M R"]
    mean_m: Float32[np.ndarray, "P 3"]
    components_m: Float32[np.ndarray, "K P 3"]
    """Per unit of code."""
    mask: UInt8[np.ndarray, "M V C C"]
    doubled: Int8[np.ndarray, "M V 2 C C"]

    def __len__(self) -> int:
        return len(self.names)

    @classmethod
    def open(cls, path: Path = HAIR_STYLES) -> "StyleSpace":
        """Read the file. Raises ModelNotAvailable where there is none, else InvalidModel."""
        if not path.is_file():
            raise ModelNotAvailable(f"The styles to compare photos with are missing: no {path}.")
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return cls._of(arrays, path)
        except (TypeError, *DAMAGED_NPZ) as error:
            raise InvalidModel(f"{path} does not hold hairstyles: {error}.") from error

    @classmethod
    def _of(cls, arrays: Mapping[str, np.ndarray], path: Path) -> "StyleSpace":
        if int(arrays["format_version"]) != FORMAT_VERSION:
            raise InvalidModel(f"{path} is of a version that this program does not read.")
        rows = arrays["texture"].tolist()
        textures = tuple(
            _texture(row, str(bundle)) for row, bundle in zip(rows, arrays["bundle"], strict=True)
        )
        space = cls(
            tuple(str(name) for name in arrays["names"]),
            textures,
            arrays["tied"],
            arrays["code"],
            arrays["present"],
            arrays["wisp"],
            arrays["mean_m"].astype(np.float32),
            arrays["components_m"].astype(np.float32),
            arrays["mask"],
            arrays["doubled"],
        )
        count, views = len(space), len(VIEW_YAWS_RAD)
        if space.mask.shape != (count, views, CELLS, CELLS) or len(space.code) != count:
            raise InvalidModel(f"{path} has pictures of another size, or of other styles.")
        return space

    def save(self, path: Path) -> None:
        """Write what `open` reads."""
        numbers = [
            [float(getattr(each, name)) for name in TEXTURE_NUMBERS] for each in self.textures
        ]
        np.savez_compressed(
            path,
            format_version=FORMAT_VERSION,
            names=np.array(self.names),
            texture=np.array(numbers, np.float32),
            bundle=np.array([each.bundle for each in self.textures]),
            tied=self.tied,
            code=self.code,
            present=self.present,
            wisp=self.wisp,
            mean_m=self.mean_m.astype(np.float16),
            components_m=self.components_m.astype(np.float16),
            mask=self.mask,
            doubled=self.doubled,
        )

    def strands(self, index: int) -> StyleStrands:
        """One style's strands."""
        root = np.flatnonzero(self.present[index])
        code = self.code[index][root].astype(np.float32) / CODE_UNIT
        offsets = self.mean_m + np.tensordot(code, self.components_m, 1)
        wisp = self.wisp[index][root].astype(np.int32)
        return StyleStrands((offsets - offsets[:, :1]).astype(np.float32), root, wisp)


def _texture(row: list[float], bundle: str) -> StrandTexture:
    if bundle not in ("free", "loc", "twist", "braid"):
        raise ValueError(f"strands cannot be bundled as {bundle!r}")
    numbers = dict(zip(TEXTURE_NUMBERS, row, strict=True))
    strands = int(numbers.pop("strands"))
    return StrandTexture(strands=strands, bundle=bundle, **numbers)  # pyright: ignore[reportArgumentType]  # bundle is one of its literals, checked above
