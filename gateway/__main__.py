"""`python -m gateway`: the web application on this machine."""

import os
import sys

from gateway.server import serve
from gateway.settings import Settings
from reconstruction_backend.errors import CameoError

EXIT_INTERRUPTED = 130


def main() -> int:
    """Serve with the settings of the environment; returns an exit code."""
    try:
        serve(Settings.from_environment(os.environ))
    except CameoError as error:
        print(f"cameo: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
