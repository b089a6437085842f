"""Builds cameo-head: `python -m training.head_model --data ICT.npz --canonical-face OBJ --out NPZ`.

The data set is ICT-FaceKit (github.com/ICT-VGL/ICT-FaceKit, MIT) as the npz that `data.py`
describes; the canonical face is MediaPipe's canonical_face_model.obj (Apache-2.0,
google-ai-edge/mediapipe). Two minutes on one core.
"""

from pathlib import Path
from typing import Annotated

import typer

from training.head_model.build import build_head, save_head


def main(
    data: Annotated[Path, typer.Option(exists=True, help="ICT-FaceKit as npz.")],
    canonical_face: Annotated[Path, typer.Option(exists=True, help="MediaPipe's face as OBJ.")],
    out: Annotated[Path, typer.Option(help="The model to write.")] = Path("models/cameo_head.npz"),
) -> None:
    """Learn the head model and write it."""
    head = build_head(data, canonical_face)
    save_head(head, out)
    print(
        f"{out}: {len(head.template_m)} vertices, {len(head.triangles)} triangles, "
        f"{out.stat().st_size / 1e6:.1f} MB, jaw fitted to {1e3 * head.rig.jaw.residual_m:.2f} mm, "
        f"skin chart at {head.atlas.energy:.2f} of 4"
    )


if __name__ == "__main__":
    typer.run(main)
