"""The report's pictures: histograms and scatter as SVG, error maps and crops as JPEG."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib import colormaps, rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reconstruction_backend.export.images import encode_jpeg

RUN_COLOURS = ("#2563eb", "#d97706", "#059669", "#9333ea", "#dc2626", "#0891b2")
"""Of runs in their order; told apart by people who see no red or green too."""
BINS = 16
WORST_ERROR = 64.0
"""Mean of the channels' differences, of 255, that is the brightest colour of an error map."""
ERROR_COLOURS = "inferno"
JPEG_QUALITY = 88
MOST_SHOWN, CURVE_POINTS = 0.99, 200
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9ca3af",
    "text.color": "#374151",
    "axes.labelcolor": "#374151",
    "xtick.color": "#6b7280",
    "ytick.color": "#6b7280",
}


@dataclass(frozen=True)
class Series:
    """A run's values of one metric."""

    label: str
    values: Float[np.ndarray, "N"]


def histogram(series: Sequence[Series], title: str, reference: float | None = None) -> str:
    """As inline SVG: every run's photos, its median as a line, a reference dashed."""
    finite = [each.values[np.isfinite(each.values)] for each in series]
    everything = np.concatenate(finite)
    edges = np.histogram_bin_edges(everything, BINS)
    with rc_context(_STYLE):
        figure = Figure(figsize=(3.3, 2.0), layout="constrained")
        axes = figure.subplots()
        for i, values in enumerate(finite):
            colour = RUN_COLOURS[i % len(RUN_COLOURS)]
            axes.hist(values, edges.tolist(), color=colour, alpha=0.85 if len(finite) == 1 else 0.5)
            if len(values):
                axes.axvline(float(np.median(values)), color=colour, linewidth=1.6)
        if reference is not None:
            axes.axvline(reference, color="#6b7280", linewidth=1.2, linestyle="--")
        axes.set_title(title, loc="left", fontsize=9, fontweight="bold")
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.xaxis.set_major_locator(MaxNLocator(5))
        return _svg(figure, f"histogram of {title}")


def paired_scatter(
    first: Float[np.ndarray, "N"],
    second: Float[np.ndarray, "N"],
    title: str,
    labels: tuple[str, str],
) -> str:
    """As inline SVG: a point per photo, the diagonal where both are equal."""
    low = float(min(first.min(), second.min()))
    high = float(max(first.max(), second.max()))
    with rc_context(_STYLE):
        figure = Figure(figsize=(3.0, 2.9), layout="constrained")
        axes = figure.subplots()
        axes.plot([low, high], [low, high], color="#9ca3af", linewidth=1)
        axes.scatter(first, second, s=14, color=RUN_COLOURS[1], alpha=0.7, linewidths=0)
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        axes.set_title(title, loc="left", fontsize=9, fontweight="bold")
        axes.xaxis.set_major_locator(MaxNLocator(3))
        axes.yaxis.set_major_locator(MaxNLocator(4))
        return _svg(figure, f"{title} of {labels[1]} over {labels[0]}")


def cumulative_curve(distance: Float[np.ndarray, "N"], title: str) -> str:
    """As inline SVG: the share of points within each distance, up to the 99th percentile."""
    ordered = np.sort(distance)
    shown = np.quantile(ordered, np.linspace(0, MOST_SHOWN, CURVE_POINTS))
    with rc_context(_STYLE):
        figure = Figure(figsize=(4.2, 2.8), layout="constrained")
        axes = figure.subplots()
        axes.plot(shown, 100 * np.linspace(0, MOST_SHOWN, CURVE_POINTS), color=RUN_COLOURS[0])
        axes.set_ylim(0, 100)
        axes.set_xlim(0, float(shown[-1]))
        axes.set_ylabel("%")
        axes.set_title(title, loc="left", fontsize=9, fontweight="bold")
        return _svg(figure, title)


def error_map(
    photo: UInt8[np.ndarray, "H W 3"], render: UInt8[np.ndarray, "H W 3"]
) -> Float[np.ndarray, "H W"]:
    """Mean absolute difference over the channels, 0 to 255."""
    return np.abs(photo.astype(np.float64) - render).mean(axis=2)


def error_picture(error: Float[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W 3"]:
    """Black where both are equal, to yellow at `WORST_ERROR` and above."""
    coloured = colormaps[ERROR_COLOURS](np.clip(error / WORST_ERROR, 0, 1))
    return np.rint(coloured[:, :, :3] * 255).astype(np.uint8)


def error_scale() -> str:
    """A data URI: the colours of error maps, from equal to worst."""
    ramp = np.tile(np.linspace(0, WORST_ERROR, 128), (8, 1))
    return data_uri(error_picture(ramp))


def data_uri(picture: UInt8[np.ndarray, "H W 3"]) -> str:
    """A picture that needs no file."""
    content = encode_jpeg(picture, JPEG_QUALITY, "4:4:4")
    return "data:image/jpeg;base64," + base64.b64encode(content).decode("ascii")


def _svg(figure: Figure, label: str) -> str:
    buffer = io.StringIO()
    with rc_context({"svg.hashsalt": label}):  # the same data give the same file
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    content = buffer.getvalue()
    head, rest = content[content.index("<svg") :].split("<metadata>", 1)
    content = head + rest.partition("</metadata>")[2]  # names of vocabularies, no picture
    return content.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
