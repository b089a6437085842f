"""Where the shipped models lie: `models/` beside this package, in a checkout and in a wheel."""

from pathlib import Path

MODELS_FOLDER = Path(__file__).resolve().parent.parent / "models"
CAMEO_HEAD = MODELS_FOLDER / "cameo_head.npz"
