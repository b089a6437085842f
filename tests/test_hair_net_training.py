"""Training of the hair network: the basis, variation, the pack, learning, export."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reconstruction_backend.hair.hairstyle import HairGuides, StrandTexture
from reconstruction_backend.hair.photo.head_view import VIEW_PX
from reconstruction_backend.hair.photo.network import INPUT, OUTPUTS
from reconstruction_backend.hair.resample import resampled
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.head_model import HeadModel
from training.hair.net.basis import StrandBasis
from training.hair.net.corruption import Corruption, clean_planes, corrupted_planes
from training.hair.net.export import ExportedNetwork, onnx_model
from training.hair.net.grooms import Grooms
from training.hair.net.heads import Head
from training.hair.net.network import HairNetwork, Widths
from training.hair.net.pack import Pack, fill, learn_basis
from training.hair.net.strand_grid import STRAND_POINTS, StrandGrid, strand_grid
from training.hair.net.train import (
    Scalp,
    TrainingOptions,
    batch_of,
    point_error,
    skin_field,
    train,
)
from training.hair.net.variation import Variant, blended, mirrored, mirrored_roots

TINY = Widths(encoder=(4, 6, 8, 8, 8), feature=16, decoder=8, place=2)
SMALL = Widths(encoder=(6, 8, 12, 16, 16), feature=48, decoder=16, place=4)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Threads of torch only wait for each other on networks this small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def head(cameo_head: HeadModel) -> Head:
    return Head.of(cameo_head, cameo_head.template_m)


@pytest.fixture(scope="module")
def grooms(head: Head) -> Grooms:
    """Six styles: hair of one length that falls from its roots to one side."""
    along = np.linspace(0, 1, STRAND_POINTS, dtype=np.float32)[None, :, None]
    rng = np.random.default_rng(3)
    variants: list[Variant] = []
    for _ in range(6):
        fall = np.array([rng.uniform(-0.05, 0.05), -rng.uniform(0.05, 0.2), 0], np.float32)
        offsets = along * 0.03 * head.normals[:, None] + along**2 * fall
        offsets = resampled(offsets, STRAND_POINTS)
        everywhere = np.ones(len(offsets), np.bool_)
        grid = StrandGrid(offsets.astype(np.float32), everywhere, np.zeros(len(offsets), np.int32))
        variants.append(Variant(grid, StrandTexture()))
    return Grooms.of(variants, [False] * len(variants))


@pytest.fixture(scope="module")
def pack(grooms: Grooms, head: Head, tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """Four views, of two variants."""
    numbers = np.arange(len(grooms), dtype=np.int32)
    basis = learn_basis(grooms, numbers, len(grooms))
    folder = tmp_path_factory.mktemp("pack")
    made = Pack.create(folder, 4, 2, grooms.present.shape[1], basis)
    fill(made, grooms, numbers, (head,), (1, 0))
    return Pack.open(folder)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_strands_of_the_basis_come_back_from_their_codes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    strands = rng.normal(0, 0.02, (60, STRAND_POINTS, 3)).cumsum(axis=1).astype(np.float32)
    basis = StrandBasis.learned(strands, 8)
    code = rng.normal(size=(5, 8)).astype(np.float32)
    np.testing.assert_allclose(basis.code(basis.offsets(code)), code, atol=1e-3)


def test_mirrored_strands_have_codes_as_good(grooms: Grooms) -> None:
    strands = grooms.offsets_m.astype(np.float32).reshape(-1, STRAND_POINTS, 3)[::7]
    basis = StrandBasis.learned(strands, 4)
    errors = [
        np.abs(basis.offsets(basis.code(each)) - each).max()
        for each in (strands, strands * np.array([-1, 1, 1], np.float32))
    ]
    assert errors[0] == pytest.approx(errors[1], rel=0.05)


def test_a_style_on_its_own_grid_stays_what_it_is(
    cameo_head: HeadModel, grooms: Grooms, head: Head
) -> None:
    grid = grooms.variant(0).grid
    uv = scalp_of(cameo_head).grid()[0]
    points = head.roots_m[:, None] + grid.offsets_m
    found = strand_grid(HairGuides(uv, points, grid.wisp), cameo_head)
    assert found.present.all()
    assert np.linalg.norm(found.offsets_m - grid.offsets_m, axis=2).mean() < 1e-3


def test_no_strand_is_blended_across_a_parting(cameo_head: HeadModel, head: Head) -> None:
    side = np.sign(head.roots_m[:, :1] + 1e-9) * np.array([[1, 0, 0]], np.float32)
    points = head.roots_m[:, None] + np.linspace(0, 0.1, 20)[None, :, None] * side[:, None]
    guides = HairGuides(
        scalp_of(cameo_head).grid()[0],
        points.astype(np.float32),
        (side[:, 0] > 0).astype(np.int32),
    )
    offsets = strand_grid(guides, cameo_head).offsets_m
    np.testing.assert_allclose(np.abs(offsets[:, -1, 0]), 0.1, atol=1e-4)


def test_mirroring_twice_changes_nothing(cameo_head: HeadModel, grooms: Grooms) -> None:
    opposite = mirrored_roots(scalp_of(cameo_head).grid()[1])
    grid = grooms.variant(1).grid
    back = mirrored(mirrored(grid, opposite), opposite)
    np.testing.assert_array_equal(back.offsets_m, grid.offsets_m)


def test_blending_by_nothing_changes_nothing(grooms: Grooms) -> None:
    first, second = grooms.variant(0).grid, grooms.variant(1).grid
    np.testing.assert_array_equal(blended(first, second, 0).offsets_m, first.offsets_m)


def test_grooms_come_back_from_their_file(grooms: Grooms, tmp_path: Path) -> None:
    grooms.save(tmp_path / "grooms.npz")
    back = Grooms.load(tmp_path / "grooms.npz")
    assert back.textures == grooms.textures
    np.testing.assert_array_equal(back.offsets_m, grooms.offsets_m)


def test_packed_views_show_hair_and_head(pack: Pack) -> None:
    assert pack.filled == len(pack) == 4
    assert (pack.mask.reshape(4, -1) > 0).mean(axis=1).min() > 0.02
    assert (pack.position.reshape(4, -1) != 0).mean(axis=1).min() > 0.05
    assert set(np.unique(pack.seen)) == {0, 1}


def test_corruption_changes_what_is_read_and_keeps_its_range(pack: Pack, head: Head) -> None:
    views = batch_of(pack, np.arange(4), Scalp.of(head, pack.basis)).views
    planes = corrupted_planes(views, Corruption(clean=0), torch.Generator().manual_seed(1))
    assert planes.shape == (4, 7, VIEW_PX, VIEW_PX)
    assert bool(torch.isfinite(planes).all())
    assert float(planes[:, 2:4].min()) >= 0
    assert float(planes[:, 2:4].max()) <= 1
    assert float((planes - clean_planes(views)).abs().mean()) > 0.01
    untouched = corrupted_planes(views, Corruption(clean=1.1), torch.Generator().manual_seed(1))
    torch.testing.assert_close(untouched, clean_planes(views))


def test_the_skin_field_is_the_heads_own(head: Head) -> None:
    points = head.roots_m[:50] + np.float32(0.01) * head.normals[:50]
    found = skin_field(head.skin).distance(torch.as_tensor(points)).numpy()
    np.testing.assert_allclose(found, head.skin.distance(points), atol=2e-4)


def test_a_few_views_are_learned_by_heart(pack: Pack, head: Head) -> None:
    """The whole loop, on four views: the error falls below the mean strand's."""
    options = TrainingOptions(
        batch=4, steps=40, learning_rate=1e-2, warm_up=0.1, average_over=5,
        report_every=1000, corruption=Corruption(clean=1.1), widths=SMALL,
    )  # fmt: skip
    lines: list[str] = []
    network = train(pack, head, options, lines.append)
    scalp = Scalp.of(head, pack.basis)
    batch = batch_of(pack, np.arange(4), scalp)
    with torch.no_grad():
        found = scalp.strands(network.train()(clean_planes(batch.views)))
        mean = scalp.strands(
            (torch.zeros(4, len(pack.basis.scale_m), 32, 32), torch.zeros(4, 32, 32))
        )
    assert point_error(found, batch.true) < 0.9 * point_error(mean, batch.true)
    assert len(lines) == 1


def test_onnx_gives_what_torch_gives(pack: Pack) -> None:
    torch.manual_seed(1)
    network = HairNetwork(VIEW_PX, len(pack.basis.scale_m), TINY)
    network.train()
    network(torch.randn(4, 7, VIEW_PX, VIEW_PX))  # so that the batch norms have something to fold
    network.eval()
    session = onnxruntime.InferenceSession(
        onnx_model(network, pack.basis).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    planes = torch.randn(1, 7, VIEW_PX, VIEW_PX)
    strands, presence = session.run(list(OUTPUTS), {INPUT: planes.numpy()})
    with torch.no_grad():
        wanted = ExportedNetwork(network, pack.basis)(planes)
    np.testing.assert_allclose(np.asarray(strands), wanted[0].numpy(), atol=1e-3)
    np.testing.assert_allclose(np.asarray(presence), wanted[1].numpy(), atol=5e-3)
