"""Write a trained network as ONNX: batch norms folded, weights halved, probabilities at the end.

python -m training.parsing.export --weights FILE.pt --out models/cameo_parsing.onnx
"""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import onnx
import torch
import typer
from jaxtyping import Float32
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from training.parsing.network import InvertedResidual, Merge, ParsingNetwork

OPSET, IR_VERSION = 17, 8
INPUT, OUTPUT = "colours", "probabilities"


class _Graph:
    """Nodes and weights in the order in which they are added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def half(self, values: Float32[np.ndarray, "..."]) -> str:
        """Stored as half floats, used as floats: onnxruntime widens them once, when it loads."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values.astype(np.float16), name))
        return self.node("Cast", name, to=TensorProto.FLOAT)

    def constant(self, values: np.ndarray) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def convolution(self, given: str, conv: nn.Conv2d, norm: nn.BatchNorm2d | None = None) -> str:
        weight, bias = folded(conv, norm)
        return self.node(
            "Conv", given, self.half(weight), self.half(bias),
            kernel_shape=list(conv.kernel_size), strides=list(conv.stride),
            pads=[int(conv.padding[0])] * 4, group=conv.groups,
        )  # fmt: skip

    def block(self, given: str, block: nn.Module) -> str:
        """Of `network.convolution`."""
        assert isinstance(block, nn.Sequential)
        conv, norm = block[0], block[1]
        assert isinstance(conv, nn.Conv2d)
        assert isinstance(norm, nn.BatchNorm2d)
        out = self.convolution(given, conv, norm)
        return self.node("Relu", out) if len(block) == 3 else out

    def residual(self, given: str, block: InvertedResidual) -> str:
        out = self.block(
            self.block(self.block(given, block.expand), block.depthwise), block.project
        )
        return self.node("Add", given, out) if block.added else out

    def merge(self, below: str, beside: str, merge: Merge) -> str:
        scales = self.constant(np.array([1, 1, 2, 2], np.float32))
        up = self.node(
            "Resize", self.block(below, merge.reduce), "", scales,
            mode="linear", coordinate_transformation_mode="half_pixel",
        )  # fmt: skip
        mixed = self.block(self.node("Concat", up, beside, axis=1), merge.mix)
        return self.block(self.block(mixed, merge.depthwise), merge.project)


def folded(
    conv: nn.Conv2d, norm: nn.BatchNorm2d | None
) -> tuple[Float32[np.ndarray, "O I K K"], Float32[np.ndarray, "O"]]:
    """Weight and bias of a convolution that does the batch norm's work too."""
    weight = conv.weight.detach().double()
    bias = conv.bias.detach().double() if conv.bias is not None else weight.new_zeros(len(weight))
    if norm is not None:
        assert norm.running_var is not None
        assert norm.running_mean is not None
        scale = norm.weight.detach().double() / (norm.running_var.double() + norm.eps).sqrt()
        weight = weight * scale[:, None, None, None]
        bias = norm.bias.detach().double() + (bias - norm.running_mean.double()) * scale
    return weight.float().numpy(), bias.float().numpy()


def onnx_model(network: ParsingNetwork, size_px: int) -> onnx.ModelProto:
    """(1, 3, S, S) colours in -1..1 to (1, 5, S, S) probabilities."""
    graph = _Graph()
    image = graph.block(INPUT, network.stem)
    levels: list[str] = []
    for level in network.levels:
        assert isinstance(level, nn.Sequential)
        for block in level:
            assert isinstance(block, InvertedResidual)
            image = graph.residual(image, block)
        levels.append(image)
    pooled, mixing = graph.node("GlobalAveragePool", image), network.context[1]
    assert isinstance(mixing, nn.Conv2d)
    image = graph.node("Add", image, graph.convolution(pooled, mixing))
    for merge, beside in zip(network.merges, levels[-2::-1], strict=True):
        assert isinstance(merge, Merge)
        image = graph.merge(image, beside, merge)
    logits = graph.convolution(graph.block(image, network.head_depthwise), network.head)
    full = graph.node("DepthToSpace", logits, blocksize=2, mode="CRD")
    graph.nodes.append(helper.make_node("Softmax", [full], [OUTPUT], name=OUTPUT, axis=1))
    shape_in, shape_out = [1, 3, size_px, size_px], [1, 5, size_px, size_px]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "cameo_parsing",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, shape_in)],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, shape_out)],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    onnx.checker.check_model(model)
    return model


def main(
    weights: Annotated[Path, typer.Option(help="What training/parsing/train.py wrote.")],
    out: Annotated[Path, typer.Option(help="The .onnx file.")],
    size: Annotated[int, typer.Option(help="Side of the network's input, pixels.")] = 256,
) -> None:
    """Export a checkpoint."""
    network = ParsingNetwork()
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    out.write_bytes(onnx_model(network.eval(), size).SerializeToString())


if __name__ == "__main__":
    typer.run(main)
