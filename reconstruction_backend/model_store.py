"""Where models lie: those that are shipped, and those that the user added.

Shipped: `models/` beside this package, in a checkout and in a wheel. Added: a folder of the user's
own, `$XDG_DATA_HOME/cameo/models`, so that no licence of others ever touches this repository.
"""

import os
import re
from pathlib import Path

from reconstruction_backend.errors import ModelNotAvailable

MODELS_FOLDER = Path(__file__).resolve().parent.parent / "models"
CAMEO_HEAD = MODELS_FOLDER / "cameo_head.npz"
CAMEO_ALBEDO = MODELS_FOLDER / "cameo_albedo.npz"
EMOTION_MLP = MODELS_FOLDER / "emotion_mlp.npz"
HAIR_DATABASE = MODELS_FOLDER.parent / "hair_db"
CAMEO_HEAD_NAME = "cameo-head"

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def user_models_folder() -> Path:
    """Where models that the user added lie; it need not exist. Raises ModelNotAvailable."""
    return _user_folder() / "models"


def user_hair_folder() -> Path:
    """Where hairstyles that the user added lie; it need not exist. Raises ModelNotAvailable."""
    return _user_folder() / "hair"


def _user_folder() -> Path:
    """Raises ModelNotAvailable for a user without a home, as some containers have."""
    data_home = os.environ.get("XDG_DATA_HOME")
    if data_home:
        return Path(data_home) / "cameo"
    try:
        return Path.home() / ".local" / "share" / "cameo"
    except RuntimeError as error:
        raise ModelNotAvailable(
            "You have no home folder in which models could lie; set XDG_DATA_HOME."
        ) from error


def user_model_path(name: str) -> Path:
    """Where an added head model of this name lies or would lie. Raises ModelNotAvailable."""
    if not _NAME.fullmatch(name):
        raise ModelNotAvailable(f"{name!r} is not the name of a model.")
    return user_models_folder() / f"{name}.npz"


def head_model_path(name: str) -> Path:
    """The file of an installed head model. Raises ModelNotAvailable."""
    path = CAMEO_HEAD if name == CAMEO_HEAD_NAME else user_model_path(name)
    if not path.is_file():
        raise ModelNotAvailable(
            f"The head model {name!r} is not installed; see `cameo models list`."
        )
    return path


def expression_map_path(name: str) -> Path:
    """Where the map from ARKit's expressions to an added model's lies or would lie."""
    return user_model_path(f"{name}-expressions")
