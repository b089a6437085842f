"""What is asked of the files that a command shall write, before it does the work."""

import os
from collections.abc import Sequence
from pathlib import Path

from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.export import check_writable


def check_outputs(outputs: Sequence[Path], inputs: Sequence[Path]) -> None:
    """Refuse outputs that cannot be written, or that would replace an input or each other.

    Raises OutputNotWritable or InvalidOption.
    """
    read = {os.path.realpath(path) for path in inputs}
    written: set[str] = set()
    for output in outputs:
        check_writable(output)
        place = os.path.realpath(output)
        if place in read:
            raise InvalidOption(f"{output} is read; write the output elsewhere.")
        if place in written:
            raise InvalidOption(f"{output} cannot take two outputs.")
        written.add(place)
