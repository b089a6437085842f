"""Stage 3: which pixels are background, skin, hair, clothes and glasses."""

from reconstruction_backend.parsing.parse import PortraitParser
from reconstruction_backend.parsing.result import CLASSES, Parsing, PixelClass

__all__ = ["CLASSES", "Parsing", "PixelClass", "PortraitParser"]
