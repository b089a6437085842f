"""Train the network: `python -m training.emotion --labels labels.csv --out models/emotion_mlp.npz`.

The evidence is a mixture: prototypes of action units over many people, and PORTRAIT_SHARE of the
weight to portraits, as far as any are given. Prints how far the network is from both.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from reconstruction_backend.expression.emotion_mlp import EmotionMlp
from reconstruction_backend.expression.emotions import EMOTIONS
from training.emotion.network import train
from training.emotion.portraits import portrait_evidence, read_labels
from training.emotion.sampling import Evidence, emotion_coefficients, synthetic_evidence

SAMPLES = 6000
ITERATIONS = 800
PORTRAIT_SHARE = 0.03
"""Of the evidence's weight: few portraits, with noisy labels, of four of the six emotions."""
SEED = 0


def mixed(synthetic: Evidence, portraits: Evidence, share: float) -> Evidence:
    """Both, with the portraits' weights scaled to their share of the whole."""
    scale = share / (1 - share) * synthetic.weights.sum() / portraits.weights.sum()
    return Evidence(
        np.concatenate([synthetic.intensities, portraits.intensities]),
        np.concatenate([synthetic.coefficients, portraits.coefficients]),
        np.concatenate([synthetic.weights, portraits.weights * scale]),
    )


def residual(mlp: EmotionMlp, evidence: Evidence) -> float:
    """Weighted root mean square of the coefficients."""
    error = (mlp.evaluate(evidence.intensities) - evidence.coefficients) ** 2 * evidence.weights
    return float(np.sqrt(error.sum() / evidence.weights.sum()))


def agreement(mlp: EmotionMlp, evidence: Evidence) -> dict[str, float]:
    """By emotion, the correlation of the portraits' average face with the network's."""
    found: dict[str, float] = {}
    for column, emotion in enumerate(EMOTIONS):
        rows = evidence.intensities[:, column] > 0
        if rows.any():
            seen = evidence.weights[rows][0] > 0
            average = evidence.coefficients[rows].mean(axis=0)[seen]
            shown = mlp.evaluate(evidence.intensities[rows][:1])[0, seen]
            found[emotion] = float(np.corrcoef(average, shown)[0, 1])
    return found


def main(
    out: Annotated[Path, typer.Option(help="The weights to write.")],
    labels: Annotated[
        Path | None, typer.Option(help="CSV: file, emotion, intensity; without it no portraits.")
    ] = None,
    portrait_share: Annotated[float, typer.Option(help="Of the weight.")] = PORTRAIT_SHARE,
) -> None:
    """Fit the network to the mixture."""
    rng = np.random.default_rng(SEED)
    synthetic = synthetic_evidence(SAMPLES, rng)
    portraits = None if labels is None else portrait_evidence(read_labels(labels))
    evidence = synthetic if portraits is None else mixed(synthetic, portraits, portrait_share)
    fit = train(evidence, rng, ITERATIONS)
    fit.mlp.save(out)
    typer.echo(f"{fit.iterations} iterations, {out.stat().st_size} bytes")
    typer.echo(f"residual on people of prototypes: {residual(fit.mlp, synthetic):.4f}")
    typer.echo(f"residual on prototypes themselves: {_prototype_residual(fit.mlp):.4f}")
    if portraits is not None:
        typer.echo(f"residual on {len(portraits.intensities)} portraits: ", nl=False)
        typer.echo(f"{residual(fit.mlp, portraits):.4f}")
        for emotion, correlation in agreement(fit.mlp, portraits).items():
            typer.echo(f"correlation with the average face of {emotion}: {correlation:.2f}")


def _prototype_residual(mlp: EmotionMlp) -> float:
    """Root mean square over single emotions on the prototypical face."""
    level = np.linspace(0, 1, 21)
    squares: list[float] = []
    for column, emotion in enumerate(EMOTIONS):
        intensities = np.zeros((len(level), len(EMOTIONS)))
        intensities[:, column] = level
        error = mlp.evaluate(intensities) - emotion_coefficients(emotion, level, None)
        squares.append(float((error**2).mean()))
    return float(np.sqrt(np.mean(squares)))


if __name__ == "__main__":
    typer.run(main)
