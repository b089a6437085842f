"""The process that grows strands: `python -m gateway.hair_worker DESCRIPTOR`."""

import json
import signal
import sys
from multiprocessing.connection import Connection

from gateway.hair_maker import AvatarHead, HairMaker
from reconstruction_backend.errors import CameoError
from reconstruction_backend.hair.record import ChosenHair


def answer_all(line: Connection, maker: HairMaker) -> None:
    """Answer requests until the other end is closed."""
    while True:
        try:
            asked, parameters, guides = (line.recv_bytes() for _ in range(3))
        except (EOFError, OSError):
            return
        said: dict[str, str] | None = None
        strands = b""
        try:
            head = AvatarHead(parameters, guides or None) if parameters else None
            chosen = ChosenHair.model_validate_json(asked)
            strands = maker.strands(chosen, head) or b""
        except CameoError as error:
            said = {"code": error.code, "sentence": str(error)}
        try:
            line.send_bytes(json.dumps(said).encode())
            line.send_bytes(strands)
        except (BrokenPipeError, ConnectionError):
            return


def main() -> None:
    """Load, then answer."""
    from gateway.strand_maker import StrandMaker

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    maker = StrandMaker()
    maker.prepare()
    answer_all(Connection(int(sys.argv[1])), maker)


if __name__ == "__main__":
    main()
