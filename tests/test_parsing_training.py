"""Training of the parsing network, on portraits that the test paints."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reconstruction_backend.errors import InvalidModel
from reconstruction_backend.parsing import PortraitParser
from reconstruction_backend.parsing import crop as product_crop
from reconstruction_backend.parsing.network import INPUT, OUTPUT
from reconstruction_backend.parsing.result import CLASSES
from training.parsing import augment, worn
from training.parsing.augment import Portraits, calm_batch, joined, plain_batch, random_batch
from training.parsing.drawing import plane_coordinates, projected
from training.parsing.export import onnx_model
from training.parsing.network import ParsingNetwork, Widths
from training.parsing.pack import TEST_SHARES, same_faces, split
from training.parsing.skin_labels import HeadZones, skin_share
from training.parsing.train import (
    FEWEST_DRAWN,
    MOST_DRAWN,
    TrainingOptions,
    drawn_by_need,
    hair_missed,
    loss_of,
    train,
)
from training.parsing.worn import Scene, glasses

SIZE = 64
SOURCE = 80
TINY = Widths(
    stem=8,
    stages=((8, 1, 2, 3), (12, 1, 2, 3), (16, 1, 2, 3), (16, 1, 2, 3), (24, 1, 2, 3)),
    decoder=(16, 16, 12, 8),
)


@pytest.fixture(scope="module")
def portraits() -> Portraits:
    """Four heads of one colour each, with a cap of hair and a shirt, half a metre away."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:SOURCE, :SOURCE] / SOURCE
    face = ((x - 0.5) / 0.2) ** 2 + ((y - 0.5) / 0.27) ** 2 < 1
    hair = (((x - 0.5) / 0.24) ** 2 + ((y - 0.4) / 0.27) ** 2 < 1) & ~face
    shirt = (y > 0.78) & (abs(x - 0.5) < 0.35)
    person = face | hair | shirt
    squares = [
        np.select(
            [mask[..., None] for mask in (face, hair, shirt)],
            list(rng.integers(0, 255, (3, 3))), rng.integers(0, 255, 3),
        )
        for _ in range(4)
    ]  # fmt: skip
    labels = np.stack([person, hair, face]).astype(np.uint8) * 255
    focal = 2.6 * SOURCE
    projection = np.array(
        [
            [focal, 0, -SOURCE / 2, SOURCE / 4],
            [0, -focal, -SOURCE / 2, SOURCE / 4],
            [0, 0, -1, 0.5],
        ],
        np.float32,
    )
    anchors = np.array(
        [
            [-0.045, 0.0, 0.09], [-0.02, 0.0, 0.09], [0.02, 0.0, 0.09], [0.045, 0.0, 0.09],
            [-0.032, 0.0, 0.09], [0.032, 0.0, 0.09], [0, 0, 0.105], [0, -0.01, 0.11],
            [-0.073, -0.02, 0.025], [0.073, -0.02, 0.025], [0, 0.06, 0.095], [0, -0.11, 0.1],
            [-0.074, 0, 0.027], [0.074, 0, 0.027],
        ],
        np.float32,
    )  # fmt: skip
    return Portraits(
        torch.as_tensor(np.stack(squares).transpose(0, 3, 1, 2).astype(np.uint8)),
        torch.as_tensor(np.stack([labels] * 4)),
        torch.full((4, 1, SOURCE, SOURCE), 255, dtype=torch.uint8),
        torch.as_tensor(projection).expand(4, 3, 4),
        torch.as_tensor(anchors).expand(4, 14, 3),
        torch.tensor([0, 0, 1, 2]),
    )


def _scene(portraits: Portraits) -> Scene:
    batch = plain_batch(portraits, torch.arange(len(portraits)), SIZE)
    scale = SIZE / SOURCE
    resize = torch.tensor([[scale, 0, scale / 2 - 0.5], [0, scale, scale / 2 - 0.5], [0, 0, 1]])
    return Scene(batch.image, batch.shares, resize @ portraits.projection, portraits.anchors)


def test_onnx_gives_what_torch_gives() -> None:
    torch.manual_seed(1)
    network = ParsingNetwork(TINY)
    network.train()
    network(torch.randn(4, 3, SIZE, SIZE))  # so that the batch norms have something to fold
    network.eval()
    session = onnxruntime.InferenceSession(
        onnx_model(network, SIZE).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    image = torch.rand(1, 3, SIZE, SIZE) * 2 - 1
    found = np.asarray(session.run([OUTPUT], {INPUT: image.numpy()})[0])
    with torch.no_grad():
        wanted = network(image).softmax(1).numpy()
    np.testing.assert_allclose(found, wanted, atol=5e-3)  # weights are stored as half floats
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_a_network_of_another_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "small.onnx"
    path.write_bytes(onnx_model(ParsingNetwork(TINY).eval(), SIZE).SerializeToString())
    with pytest.raises(InvalidModel, match="no parsing network"):
        PortraitParser(path)


def test_random_batches_hold_whole_shares(portraits: Portraits) -> None:
    torch.manual_seed(2)
    batch = random_batch(portraits, 12, SIZE)
    assert batch.image.shape == (12, 3, SIZE, SIZE)
    assert batch.shares.shape == (12, 5, SIZE, SIZE)
    assert float(batch.image.min()) >= 0
    assert float(batch.image.max()) <= 1
    torch.testing.assert_close(batch.shares.sum(1), torch.ones(12, SIZE, SIZE))
    assert float(batch.shares.min()) >= 0


def test_a_few_steps_lower_the_loss(portraits: Portraits) -> None:
    torch.manual_seed(3)
    options = TrainingOptions(
        batch=4, size_px=SIZE, learning_rate=3e-3, steps=12, report_every=1000, average_over=2
    )
    start = ParsingNetwork(TINY)
    batch = plain_batch(portraits, torch.arange(4), SIZE)
    before = float(loss_of(start(batch.image * 2 - 1).detach(), batch, options.dice))
    said: list[str] = []
    network = train(portraits, portraits, options, said.append, start)
    with torch.no_grad():
        after = float(loss_of(network(batch.image * 2 - 1), batch, options.dice))
    assert after < 0.9 * before
    assert said[-1].startswith("12 ")


def test_a_right_answer_costs_less_than_a_wrong_one(portraits: Portraits) -> None:
    batch = plain_batch(portraits, torch.arange(2), SIZE)
    right = torch.log(batch.shares + 1e-4)
    assert loss_of(right, batch, 0.5) < 0.05 < loss_of(right.roll(1, dims=1), batch, 0.5)


def test_hair_that_is_found_is_not_missed(portraits: Portraits) -> None:
    batch = plain_batch(portraits, torch.arange(4), SIZE)
    right = torch.log(batch.shares + 1e-6)
    found, wrong = hair_missed(right, batch), hair_missed(right.roll(1, dims=1), batch)
    assert 0 <= float(found) < 0.02
    assert float(found) < float(wrong) <= 1


def test_calm_batches_join_others_and_follow_the_chances(portraits: Portraits) -> None:
    torch.manual_seed(5)
    batch = joined(calm_batch(portraits, 3, SIZE), random_batch(portraits, 2, SIZE))
    assert batch.image.shape == (5, 3, SIZE, SIZE)
    torch.testing.assert_close(batch.shares.sum(1), torch.ones(5, SIZE, SIZE))
    only = replace(portraits, chances=torch.eye(len(portraits))[1])
    assert set(only.draw(20).tolist()) == {1}
    needed = drawn_by_need(portraits, ParsingNetwork(TINY).eval(), SIZE).chances
    assert needed is not None
    assert needed.min() >= FEWEST_DRAWN
    assert needed.max() <= MOST_DRAWN


def test_glasses_lie_over_the_eyes(portraits: Portraits) -> None:
    torch.manual_seed(4)
    scene = _scene(portraits)
    worn = torch.tensor([1.0, 1.0, 0.0, 1.0]).reshape(4, 1, 1, 1)
    drawn = glasses(scene, worn)
    torch.testing.assert_close(drawn.shares.sum(1), torch.ones(4, SIZE, SIZE))
    for eye in (4, 5):
        x, y = projected(scene.projection, scene.anchors[:, eye]).round().int().unbind(1)
        at_eyes = [float(drawn.shares[n, 4, y[n], x[n]]) for n in (0, 1, 3)]
        assert min(at_eyes) > 0.9
    assert float((drawn.shares[2, 4] - scene.shares[2, 4]).abs().max()) == 0
    torch.testing.assert_close(drawn.image[2], scene.image[2])


def test_a_plane_is_seen_where_its_points_are_projected(portraits: Portraits) -> None:
    """plane_coordinates inverts projected."""
    projection, centre = portraits.projection, portraits.anchors[:, 4]
    u_axis = torch.tensor([[0.9, 0.0, -0.4]]).expand(4, 3)
    v_axis = torch.tensor([[0.0, 1.0, 0.1]]).expand(4, 3)
    u, v, _ = plane_coordinates(projection, centre, u_axis, v_axis, SOURCE)
    place = centre + u[:, 0, 30, 41, None] * u_axis + v[:, 0, 30, 41, None] * v_axis
    torch.testing.assert_close(
        projected(projection, place), torch.tensor([[41.0, 30.0]]).expand(4, 2), atol=1e-2, rtol=0
    )


def test_real_glasses_are_known_only_in_part(portraits: Portraits) -> None:
    batch = plain_batch(portraits, torch.arange(4), SIZE)
    assert float(batch.weight[0].min()) == 1
    assert (batch.shares[2, 4] > 0).any()
    assert (batch.weight[2] == 0).any()
    assert not (batch.shares[3, 4] > 0).any()
    assert (batch.weight[3] == 0).any()


@settings(max_examples=15)
@given(st.lists(st.integers(0, 40), min_size=200, max_size=200))
def test_a_face_is_never_on_both_sides(groups: list[int]) -> None:
    names = [f"{'sfhq' if n % 4 else 'congress'}.{n}" for n in range(200)]
    parts = split(names, groups)
    assert parts == split(names, groups)
    for group in set(groups):
        assert len({parts[name] for name, g in zip(names, groups, strict=True) if g == group}) == 1
    tested = [name for name in names if parts[name] == "test"]
    assert sum(name.startswith("sfhq.") for name in tested) >= TEST_SHARES["sfhq"]


def test_the_same_face_is_found_again() -> None:
    rng = np.random.default_rng(1)
    first, other = (
        rng.integers(0, 255, (10, 10, 3)).repeat(32, 0).repeat(32, 1).astype(np.uint8)
        for _ in range(2)
    )
    brighter = np.clip(first.astype(int) + 20, 0, 255).astype(np.uint8)
    assert same_faces([first, other, brighter]) == [0, 1, 0]


def test_a_white_collar_on_the_neck_is_no_skin() -> None:
    size = 160
    y, x = np.mgrid[:size, :size] / size
    face = ((x - 0.5) / 0.2) ** 2 + ((y - 0.35) / 0.25) ** 2 < 1
    neck = (abs(x - 0.5) < 0.12) & (y > 0.5)
    collar = (y > 0.72) & (abs(x - 0.5) < 0.12)
    person = face | neck | (y > 0.8)
    picture = np.zeros((size, size, 3)) + 90
    picture[face | neck] = (205, 150, 120)
    picture[y > 0.8] = (40, 50, 80)
    picture[collar] = (245, 245, 245)
    picture += np.random.default_rng(0).normal(0, 4, picture.shape)
    zones = HeadZones(
        face=face.astype(np.float32),
        head=face,
        neck=np.where(neck, np.clip(1 - (y - 0.6) / 0.4, 1e-3, 1), 0).astype(np.float32),
        below_chin=(np.maximum(y - 0.6, 0) / 0.5).astype(np.float32),
    )
    share = skin_share(
        np.clip(picture, 0, 255).astype(np.uint8),
        person.astype(np.float32), np.zeros((size, size), np.float32), zones,
    )  # fmt: skip
    assert share[int(0.64 * size), size // 2] > 0.8
    assert share[int(0.77 * size), size // 2] < 0.2
    assert share[int(0.9 * size), int(0.2 * size)] < 0.2


def test_training_repeats_the_products_constants() -> None:
    assert augment.GREY == product_crop.GREY
    order = (worn.BACKGROUND, worn.SKIN, worn.HAIR, worn.CLOTHES, worn.GLASSES)
    assert [CLASSES[place] for place in order] == [
        "background",
        "skin",
        "hair",
        "clothes",
        "glasses",
    ]
