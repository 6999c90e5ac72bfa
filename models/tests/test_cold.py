"""Items without events and catalogues without any: what their text alone makes of them."""

import json

import numpy as np
import pytest
import tiny
import torch
from test_build import run
from torch.nn import functional as F

from gensr_models.data import load
from gensr_models.engine import call
from gensr_models.model import ItemTable, Network, Sequence, Shape, Words
from gensr_models.model.cold import MOST_COST, SHARES, admit, predicted
from gensr_models.model.untrained import write_by_hand
from gensr_models.pack.format import Pack
from gensr_models.quality.golden import golden
from gensr_models.signals.collect import UNMEASURED_LEXICAL


def test_unmet_items_get_what_their_text_predicts_and_met_ones_stay():
    rng = np.random.default_rng(0)
    semantic = rng.normal(size=(300, 8)).astype(np.float32)
    matrix = rng.normal(size=(8, 8)).astype(np.float32)
    collaborative = semantic @ matrix
    met = np.arange(300) >= 20
    trained = np.where(met[:, None], collaborative, -5).astype(np.float32)
    found = predicted(semantic, trained, met)
    np.testing.assert_array_equal(found[met], trained[met])
    cosine = (found * collaborative).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(collaborative, axis=1)
    assert cosine[:20].min() > 0.9
    assert (np.linalg.norm(found, axis=1)[:20] < np.linalg.norm(collaborative, axis=1)[:20]).all()  # shrunk


def test_what_cannot_be_predicted_is_nothing_and_not_the_mean():
    rng = np.random.default_rng(0)
    semantic = rng.normal(size=(2000, 8)).astype(np.float32)
    trained = (rng.normal(size=(2000, 8)) + 3).astype(np.float32)
    met = np.arange(2000) >= 20
    assert np.abs(predicted(semantic, trained, met)[:20]).mean() < 0.5


@pytest.mark.parametrize("silent", [slice(0, 5), slice(0, 300)])
def test_an_item_whose_text_says_nothing_keeps_what_training_left(silent):
    rng = np.random.default_rng(0)
    semantic, trained = rng.normal(size=(2, 300, 8)).astype(np.float32)
    met = np.arange(300) >= 20
    semantic[silent] = 0
    found = predicted(semantic, trained, met)
    np.testing.assert_array_equal(found[silent], trained[silent])
    assert found.any(axis=1).all(), "no row is zero"


@pytest.mark.parametrize("met", [np.ones(30, bool), np.zeros(30, bool), np.arange(30) < 5])
def test_with_nothing_to_fit_or_nothing_to_predict_all_stays(met):
    vectors = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    np.testing.assert_array_equal(predicted(vectors, vectors, met), vectors)


def test_item_dropout_takes_the_collaborative_share_of_some_items_in_training_only():
    torch.manual_seed(0)
    text = torch.randn(400, 8)
    bag = Words(np.zeros(401, np.int64), np.zeros(0, np.int64)).mean_matrix(3)
    items = ItemTable(text, bag, 16, 8)
    fused, semantic = items.train().vectors(item_dropout=0.25)
    alone = (fused - semantic).norm(dim=-1) < 1e-6
    assert 60 < alone.sum() < 140
    fused, semantic = items.eval().vectors(item_dropout=0.25)
    assert ((fused - semantic).norm(dim=-1) > 1e-3).all()


def test_weights_by_hand_give_the_query_and_the_mean_of_the_history():
    torch.manual_seed(0)
    shape = Shape(64, 16, 2, 2, window=12, text_dim=96, kinds=2, buckets=8, dropout=0.3)
    bag = Words(np.zeros(31, np.int64), np.zeros(0, np.int64)).mean_matrix(1)
    items, network = ItemTable(torch.randn(30, 96), bag, 64, 16), Network(shape)
    write_by_hand(items, network, has_text=True)
    fused, codes = items.eval()()
    network.eval()
    none = torch.zeros(1, shape.query_dim)
    zero = torch.zeros(1, dtype=torch.long)
    row = torch.zeros(1, 4, dtype=torch.long)
    history = torch.tensor([[3, 5, 7, 9]])
    events = Sequence(fused[history], codes[history], none.expand(1, 4, -1), row, row + 1, row)
    _, (_, state), _ = network.history(events)
    # A recommendation is a mean of the history's items, the latest first; by the slope of each head.
    scores = (network.decode(none, zero, zero, state[0]) @ fused.T)[0]
    assert scores.topk(2).indices.tolist() == [9, 7] and scores[9] > 0.6 * 15
    weights = torch.stack([torch.exp(-slope * torch.arange(4.0, 0, -1)) for slope in (1.0, 0.25)])
    mean = (weights / weights.sum(1, keepdim=True)).repeat_interleave(32, 0).T * F.layer_norm(fused[history[0]], (64,))
    wanted = F.normalize(F.layer_norm(mean.sum(0), (64,)), dim=0)
    # Heads also look at the empty prompts, each a little more or less than the other.
    assert F.cosine_similarity(network.decode(none, zero, zero, state[0])[0], wanted, dim=0) > 0.97
    # A search is its query, nudged by the history.
    query = torch.cat([items.text[20], torch.zeros(64)])[None]
    scores = (network.decode(query, zero + 1, zero, state[0]) @ fused.T)[0]
    assert int(scores.argmax()) == 20 and scores[20] > 0.8 * 15
    alone = (network.decode(query, zero + 1, zero, state[0][..., :0, :]) @ fused.T)[0]
    assert alone[20] > 0.95 * 15 and scores[9] > alone[9]


@pytest.fixture(scope="module", params=["encoder", "static"])
def catalogue(request, tmp_path_factory):
    """A pack of the tiny shop without its events."""
    folder = tmp_path_factory.mktemp("catalogue")
    data = tiny.write_data(folder / "data")
    (data / "events.csv").unlink()
    with (data / "items.csv").open("a") as file:
        file.write("blank,,,,3\n")
    encoder = tiny.write_encoder(folder / "encoder")
    settings = json.loads(tiny.write_settings(folder / "settings.yaml", encoder, 3).read_text())
    if request.param == "static":
        settings["text"]["encoder"] = "static"
    (folder / "settings.yaml").write_text(json.dumps(settings))
    out = folder / "cold.gensr"
    done = run("build", data, "--out", out, "--config", folder / "settings.yaml")
    assert done.returncode == 0, done.stderr
    return out


def hits(*arguments):
    return [hit["id"] for hit in json.loads(call(*arguments, "--json"))["hits"]]


def test_a_catalogue_alone_makes_a_pack_that_searches(catalogue):
    call("verify", catalogue)
    assert hits("search", catalogue, "red stove", "--limit", 1) == ["i2-0"]
    assert {i.split("-")[0] for i in hits("search", catalogue, "boot", "--limit", 6)} == {"i4"}
    assert len(hits("search", catalogue, "nothing that anybody knows", "--limit", 5)) >= 0


def test_the_item_graph_says_of_a_text_what_the_pack_holds_of_its_item(catalogue):
    made = golden(load(catalogue.parent / "data"), catalogue)["items"]
    pack = Pack.read(catalogue)
    rows = [pack.strings("items.title").index(item["title"]) for item in made if item["title"]]
    assert len(rows) > 5
    for row, item in zip(rows, made, strict=False):
        for name in ("fused", "semantic"):
            theirs = pack.sections[f"items.{name}"].reshape(61, -1)[row].astype(int)
            assert np.abs(theirs - np.array(item[name])).max() <= 1
            assert item[f"{name}_scale"] == pytest.approx(pack.sections[f"items.{name}_scale"][row], rel=0.01)


def test_it_recommends_what_is_like_the_history(catalogue):
    history = "i4-0,i4-1"
    found = hits("recommend", catalogue, "--history", history, "--limit", 4)
    assert {i.split("-")[0] for i in found} == {"i4"} and not set(found) & set(history.split(","))
    assert len(hits("recommend", catalogue, "--limit", 5)) == 5


@pytest.mark.parametrize("title", ["", "!!!"])
def test_an_item_without_words_and_events_ships_beside_others(title, tmp_path):
    data = tiny.write_data(tmp_path / "data")
    with (data / "items.csv").open("a") as file:
        file.write(f"blank,{title},,,3\n")
    out = tmp_path / "shop.gensr"
    done = run("build", data, "--out", out, "--config", tiny.write_settings(tmp_path / "settings.yaml", None, 1))
    assert done.returncode == 0, done.stderr
    assert (Pack.read(out).sections["items.fused_scale"] > 0).all()
    assert hits("search", out, "red stove", "--limit", 1) == ["i2-0"]


def test_its_prior_is_uniform_and_words_have_a_weight(catalogue):
    pack = Pack.read(catalogue)
    assert len(set(pack.sections["items.popularity"].tolist())) == 1
    assert pack.manifest["tasks"]["search"]["lexical"] == UNMEASURED_LEXICAL and "neighbours" not in pack.manifest
    assert "view" in {kind["name"] for kind in pack.manifest["kinds"]}
    assert pack.manifest["provenance"]["valid"] == {}


@torch.inference_mode()
def test_unmet_items_count_as_much_as_the_others_can_bear():
    torch.manual_seed(6)
    table = ItemTable(torch.randn(50, 32), torch.zeros(50, 1).to_sparse().coalesce(), 64, 16).eval()
    met = np.arange(50) >= 5
    trained = table.collaborative.clone()

    def quality() -> float:
        # As trained, unmet items are in nobody's way; as items that people like they are, down to 0.72 of their size.
        if torch.equal(table.collaborative, trained):
            return 1.0
        size = float(table()[0][:5].norm(dim=-1).mean())
        return 1 - 0.1 * max(0.0, size - 0.72)

    share = admit(table, met, quality)
    assert share == max(s for s in SHARES if 0.1 * max(0.0, s - 0.72) <= MOST_COST) == 0.8
    fused, _ = table()
    torch.testing.assert_close(fused[5:].norm(dim=-1), torch.ones(45))
    torch.testing.assert_close(fused[:5].norm(dim=-1), torch.full((5,), share))
    torch.testing.assert_close(table.collaborative[5:], trained[5:])
    assert (table.collaborative[:5] != trained[:5]).any()
