"""The first seam: how a portrait becomes head-model coefficients."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from threadpoolctl import ThreadpoolController

from reconstruction_backend.errors import InvalidOption, ModelNotAvailable
from reconstruction_backend.head_fit.calibration import FitCalibration
from reconstruction_backend.head_fit.fit import HeadFitter
from reconstruction_backend.head_fit.image_network import ImageNetwork
from reconstruction_backend.head_fit.result import HeadFit
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import FaceLandmarks
from reconstruction_backend.model_store import CAMEO_HEAD_NAME, MODELS_FOLDER, head_model_path
from reconstruction_backend.portrait import Portrait

CAMEO_HEAD_FIT = MODELS_FOLDER / "head_fit.npz"
CAMEO_HEAD_IMAGE = MODELS_FOLDER / "head_image.onnx"

_BLAS = ThreadpoolController()

_NEEDS_TORCH = (
    "needs torch, a FLAME model and its authors' checkpoint, none of which may be shipped; "
    "this version does not run it yet"
)
_NOT_BUILT = {"deca": "DECA (Feng et al. 2021)", "mica": "MICA (Zielonka et al. 2022)"}


@dataclass(frozen=True)
class Reconstruction:
    """What every backend gives; texture, hair, emotion and export build on it alone."""

    backend: str
    head_model: HeadModel
    fit: HeadFit


@runtime_checkable
class ReconstructionBackend(Protocol):
    """Portrait and landmarks to a head model's coefficients."""

    @property
    def name(self) -> str:
        """What the command line and avatar.json call it."""
        ...

    @property
    def head_model(self) -> HeadModel:
        """The model whose coefficients it gives."""
        ...

    def reconstruct(self, portrait: Portrait, landmarks: FaceLandmarks) -> Reconstruction:
        """Fit the model. Raises a CameoError where the portrait does not allow it."""
        ...


@dataclass(frozen=True)
class LandmarkFitBackend:
    """Fits a head model to landmarks and the face's pixels: `cameo-head` on the CPU."""

    name: str
    fitter: HeadFitter

    @property
    def head_model(self) -> HeadModel:
        """The model that is fitted."""
        return self.fitter.model

    def reconstruct(self, portrait: Portrait, landmarks: FaceLandmarks) -> Reconstruction:
        """Fit the model. Raises NoFaceFound where the points are no face."""
        with _BLAS.limit(limits=1):  # the matrices are small: a second thread only waits
            fit = self.fitter.fit(portrait, landmarks)
        return Reconstruction(self.name, self.head_model, fit)


@dataclass(frozen=True)
class BackendDescription:
    """One line of `cameo backends`."""

    name: str
    available: bool
    """Whether it can run on this machine."""
    summary: str
    """What it is; and, where it cannot run here, why."""


def backend_descriptions() -> tuple[BackendDescription, ...]:
    """Every backend that Cameo knows, those that cannot run here included."""
    summary, reason = (
        "Cameo's own head, fitted to dense landmarks and the face's pixels on the CPU",
        None,
    )
    try:
        head_model_path(CAMEO_HEAD_NAME)
    except ModelNotAvailable as error:
        reason = str(error)
    for part, path in (("calibration", CAMEO_HEAD_FIT), ("network", CAMEO_HEAD_IMAGE)):
        if not path.is_file():
            reason = f"the {part} of its fit, {path}, is missing"
    return (
        BackendDescription(CAMEO_HEAD_NAME, reason is None, reason or summary),
        *(
            BackendDescription(name, False, f"{paper} {_NEEDS_TORCH}")
            for name, paper in _NOT_BUILT.items()
        ),
    )


def available_backends() -> tuple[str, ...]:
    """Names of the backends that can run here."""
    return tuple(each.name for each in backend_descriptions() if each.available)


def load_backend(name: str) -> ReconstructionBackend:
    """Load a backend and keep it warm. Raises InvalidOption or ModelNotAvailable."""
    described = {description.name: description for description in backend_descriptions()}
    if name not in described:
        known = ", ".join(described)
        raise InvalidOption(f"There is no backend {name!r}; Cameo knows {known}.")
    if not described[name].available:
        summary = described[name].summary
        raise ModelNotAvailable(f"The backend {name!r} cannot run here: {summary}.")
    model = HeadModel.load(head_model_path(CAMEO_HEAD_NAME))
    calibration = FitCalibration.load(CAMEO_HEAD_FIT, model)
    network = ImageNetwork.load(CAMEO_HEAD_IMAGE, calibration.regressor.mirror)
    return LandmarkFitBackend(name, HeadFitter.calibrated(model, calibration, network))
