"""`HairMaker` with the real styles and the real head. Only the hair process imports this."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from gateway.hair_maker import AvatarHead
from reconstruction_backend.errors import InvalidArchive
from reconstruction_backend.export.hair_members import hair_of
from reconstruction_backend.export.manifest import fit_of, parse_manifest
from reconstruction_backend.hair.choice import FROM_PHOTO, NO_HAIR, UNEDITED, HairChoice
from reconstruction_backend.hair.database import StyleDatabase
from reconstruction_backend.hair.hair import Hair
from reconstruction_backend.hair.record import ChosenHair
from reconstruction_backend.hair.wear import BareHead, dressed
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_store import CAMEO_HEAD_NAME, head_model_path

_HEADS_KEPT, _STYLES_KEPT, _MODELS_KEPT = 8, 32, 2
_Kept = TypeVar("_Kept")


@dataclass(frozen=True, eq=False)
class _Wearer:
    """A head and the hair that it wears."""

    key: str
    head: BareHead
    hair: Hair | None


class _Latest(Generic[_Kept]):
    """The last few results by key."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def get(self, key: str, make: Callable[[], _Kept]) -> _Kept:
        """What is kept, or made now."""
        if key not in self._kept:
            self._kept[key] = make()
        self._kept.move_to_end(key)
        if len(self._kept) > self._count:
            self._kept.popitem(last=False)
        return self._kept[key]


class StrandMaker:
    """Keeps head models, the last few heads and the styles on them. For one thread."""

    def __init__(self) -> None:
        self._models: _Latest[HeadModel] = _Latest(_MODELS_KEPT)
        self._wearers: _Latest[_Wearer] = _Latest(_HEADS_KEPT)
        self._worn: _Latest[Hair | None] = _Latest(_STYLES_KEPT)
        self._mean = self._mean_wearer()

    def prepare(self) -> None:
        """Load compiled code, so that the first request is as fast as all others."""
        for entry in StyleDatabase.open().entries[:1]:
            self.strands(ChosenHair(style=entry.name), None)

    def strands(self, chosen: ChosenHair, head: AvatarHead | None) -> bytes | None:
        """As the protocol says. Raises a CameoError."""
        wearer = self._mean if head is None else self._wearer(head)
        choice = chosen.choice()
        style = HairChoice(style=choice.style, edit=UNEDITED)
        styles = StyleDatabase.open()
        worn = self._worn.get(
            f"{wearer.key} {style.style} {_version(style.style, styles)}",
            lambda: dressed(wearer.head, wearer.hair, style, styles),
        )
        if worn is None:
            return None
        rest = HairChoice(colour=choice.colour, edit=choice.edit)
        hair = dressed(wearer.head, worn, rest, styles)
        return None if hair is None else hair.for_viewer()

    def _wearer(self, head: AvatarHead) -> _Wearer:
        digest = hashlib.sha256(head.parameters)
        digest.update(head.guides or b"")
        key = digest.hexdigest()
        return self._wearers.get(key, lambda: self._read(key, head))

    def _read(self, key: str, head: AvatarHead) -> _Wearer:
        """Raises InvalidArchive for files that this version did not write."""
        try:
            manifest = parse_manifest(head.parameters)
            model = self._model(manifest.head_model.name)
            neutral = model.neutral(fit_of(manifest, model).shape)
            hair = None
            if manifest.hair is not None and head.guides is not None:
                hair = hair_of(manifest.hair, head.guides, model, neutral)
        except ValueError as error:
            raise InvalidArchive(f"The avatar's files cannot be read: {error}.") from error
        bare = BareHead(model, neutral)
        if hair is not None:
            hair = hair.measured_by(bare.skin)
        return _Wearer(key, bare, hair)

    def _mean_wearer(self) -> _Wearer:
        model = self._model(CAMEO_HEAD_NAME)
        return _Wearer("mean", BareHead(model, np.array(model.template_m)), None)

    def _model(self, name: str) -> HeadModel:
        return self._models.get(name, lambda: HeadModel.load(head_model_path(name)))


def _version(style: str | None, styles: StyleDatabase) -> str:
    """Which guides a style has now: its user may import it anew. Raises UnknownStyle."""
    return "" if style in (None, FROM_PHOTO, NO_HAIR) else styles.entry(style).guides_sha256
