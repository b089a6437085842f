"""Write a trained hair network as ONNX: strands at the end, weights stored as half floats.

python -m training.hair.net.export --weights OUT/network.pt --pack DIR --out models/hair_net.onnx
"""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import onnx
import torch
import typer
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from reconstruction_backend.hair.photo.head_view import VIEW_PX
from reconstruction_backend.hair.photo.network import INPUT, OUTPUTS
from training.hair.net.basis import StrandBasis
from training.hair.net.network import INPUT_PLANES, HairNetwork

OPSET = 17
_HALVED_FROM = 64
"""Arrays of fewer numbers stay floats."""


class ExportedNetwork(nn.Module):
    """Planes to strands and the probability of hair."""

    def __init__(self, network: HairNetwork, basis: StrandBasis) -> None:
        super().__init__()
        self.network = network
        scaled = basis.components * basis.scale_m[:, None, None]
        self.register_buffer("components", torch.as_tensor(scaled.reshape(len(scaled), -1)))
        self.register_buffer("mean", torch.as_tensor(basis.mean_m.reshape(-1)))

    def forward(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        """(1, 7, S, S) to (1024, 100, 3) metres from the root, and (32, 32) in 0 to 1."""
        code, logit = self.network(planes)
        strands = code.flatten(2)[0].T @ self.components + self.mean
        return strands.unflatten(1, (-1, 3)), logit[0].sigmoid()


def onnx_model(network: HairNetwork, basis: StrandBasis) -> onnx.ModelProto:
    """Of one view at a time."""
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        file = Path(folder, "network.onnx")
        warnings.simplefilter("ignore")  # torch would rather use an exporter of another package
        torch.onnx.export(
            ExportedNetwork(network, basis).eval(),
            (torch.zeros(1, INPUT_PLANES, VIEW_PX, VIEW_PX),),
            str(file),
            input_names=[INPUT],
            output_names=list(OUTPUTS),
            opset_version=OPSET,
            dynamo=False,
        )
        model = _halved(onnx.load(str(file)))
    onnx.checker.check_model(model)
    return model


def _halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Weights stored as half floats and widened by onnxruntime once, when it loads."""
    graph = model.graph
    weights = list(graph.initializer)
    del graph.initializer[:]
    casts: list[onnx.NodeProto] = []
    for weight in weights:
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < _HALVED_FROM:
            graph.initializer.append(weight)
            continue
        half = f"{weight.name}_half"
        graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), half))
        casts.append(helper.make_node("Cast", [half], [weight.name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def main(
    weights: Annotated[Path, typer.Option(help="What training.hair.net.train wrote.")],
    pack: Annotated[Path, typer.Option(help="The pack that it learned from: its basis.")],
    out: Annotated[Path, typer.Option(help="The .onnx file.")],
) -> None:
    """Export a checkpoint."""
    basis = StrandBasis.load(pack / "basis.npz")
    network = HairNetwork(VIEW_PX, len(basis.scale_m))
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    out.write_bytes(onnx_model(network.eval(), basis).SerializeToString())


if __name__ == "__main__":
    typer.run(main)
