"""Ablations and claims: bounds that are bounds, gradients that training does not feel, runs that go on, paired rows."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import test_claims_switches as small
import tiny
import torch

from gensr_models import build as builds
from gensr_models.config.progress import Progress
from gensr_models.config.settings import Settings
from gensr_models.data import load
from gensr_models.metrics import gains
from gensr_models.metrics.intervals import bootstrap
from gensr_models.model import Network
from gensr_models.pack.format import Pack
from gensr_models.quality.losses import QualityError
from gensr_models.research import gradients, information, table
from gensr_models.research.ablate import ablate
from gensr_models.research.ablation import Ablation
from gensr_models.research.claims import claims
from gensr_models.research.two_heads import TwoHeads
from gensr_models.research.variants import VARIANTS, chosen
from gensr_models.training.batches import Windowing
from gensr_models.training.loop import Trainer


def scored_of(knows: float, events: int = 600, items: int = 16) -> information.Scored:
    """Outputs that say which of 16 equally likely items is wanted (1), nothing (0), or something in between."""
    generator = torch.Generator().manual_seed(1)
    item = torch.randint(0, items, (events,), generator=generator)
    rows = torch.eye(items)
    lies = torch.randint(0, items, (events,), generator=generator)
    told = torch.where(torch.rand(events, generator=generator) < knows, item, lies)
    return information.Scored(rows[told], rows[item], torch.zeros(events))


def test_the_bound_stays_below_the_information_that_is_there_and_comes_near_it():
    candidates = 256
    for knows, least, most in ((0.0, -0.2, 0.02), (1.0, 2.6, math.log(16) + 0.02)):
        valid, test = scored_of(knows), scored_of(knows)
        scale, popularity = information.fit(valid, candidates, 0)
        bound = math.log(candidates) + information.log_ratios(test, scale, popularity, candidates, 0).mean()
        assert least < bound < most
    # Half of the outputs lie: the mutual information of this channel in closed form.
    right = 0.5 + 0.5 / 16
    wrong = (1 - right) / 15
    true = math.log(16) + right * math.log(right) + 15 * wrong * math.log(wrong)
    scale, popularity = information.fit(scored_of(0.5), candidates, 0)
    bound = math.log(candidates) + information.log_ratios(scored_of(0.5), scale, popularity, candidates, 0).mean()
    assert true - 0.3 < bound < true + 0.15  # 600 events: the error of a mean


def test_the_bound_never_exceeds_log_n_and_candidates_are_other_events():
    test = scored_of(1.0)
    for candidates in (2, 8):
        assert information.log_ratios(test, 50.0, 0.0, candidates, 0).max() <= 0
    drawn = information.others(np.random.default_rng(0), np.arange(5), 5, 400)
    assert drawn.shape == (5, 399) and drawn.min() == 0 and drawn.max() == 4
    assert not (drawn == np.arange(5)[:, None]).any()


def test_cosines_are_those_of_the_tasks_gradients():
    model, batch = small.model_with(), small.batch_of(small.events_of())
    for module in model.modules():  # no dropout, so that the same gradients can be had again
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    model.network.views._through = lambda view: view
    found = gradients.cosines(model, batch, small.RECIPE)
    sides = []
    for task in (0, 1):
        model.zero_grad()
        weight = batch.weight * (batch.task == task)
        model(replace(batch, weight=weight), small.RECIPE)["generate"].backward()
        sides.append({name: p.grad.clone() for name, p in model.named_parameters()})

    def cosine(*prefixes: str) -> float:
        a, b = (torch.cat([g.flatten() for n, g in side.items() if n.startswith(prefixes)]) for side in sides)
        return float(torch.cosine_similarity(a.double(), b.double(), dim=0))

    assert found["items"] == pytest.approx(cosine("items."), abs=1e-4)
    assert found["blocks.0"] == pytest.approx(cosine("network.blocks.0."), abs=1e-4)
    shared = cosine("network.blocks.", "network.views.", "network.prompt.query", "network.prompt.gap")
    assert found["shared"] == pytest.approx(shared, abs=1e-4)
    assert set(found) == {"items", "blocks.0", "views", "prompt", "shared"}
    one = replace(batch, weight=batch.weight * (batch.task == 0))
    assert gradients.cosines(model, one, small.RECIPE) is None


@pytest.mark.parametrize("design", [Network, TwoHeads])
def test_a_watched_training_is_the_training_that_nobody_watched(design, tmp_path):
    events = small.events_of(12)
    events = replace(events, split=np.where(np.arange(len(events.item)) % 8 == 7, 1, 0).astype(np.int8))
    rules = Windowing(12, 2, True, False, 32, small.QUERIES)
    recipe = replace(small.RECIPE, epochs=2, batch_events=64)
    curves, weights = [], []
    for watched in (False, True):
        model = small.model_with(design=design)
        folder = tmp_path / str(watched)
        folder.mkdir()
        trainer = Trainer(model, events, rules, True, recipe, folder)
        watch = gradients.Watch(tmp_path / "gradients.jsonl")
        decisions = type("Decisions", (), {"recipe": recipe, "windowing": rules, "ordered": True})
        watch.begin(model, events, decisions)
        torch.manual_seed(3)
        trainer.run(watch.tick if watched else lambda *_: None, lambda _: None)
        curves.append([point["loss"] for point in trainer.curve])
        weights.append(model.state_dict())
    assert curves[0] == curves[1]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    lines = gradients.read(tmp_path / "gradients.jsonl")
    assert {line["epoch"] for line in lines} == {1, 2} and all(-1 <= line["shared"] <= 1 for line in lines)


def test_lines_of_a_killed_watch_count_once_and_a_curve_has_its_interval(tmp_path):
    file = tmp_path / "lines"
    rows = [(1, 5, 0.5), (1, 9, -0.5), (2, 5, 0.1), (2, 5, 0.3)]
    text = [json.dumps({"epoch": e, "batch": b, "shared": v, "views": 0.0}) for e, b, v in rows]
    file.write_text("\n".join([*text, '{"epoch": 2, "ba']))
    found = gradients.read(file)
    assert [line["shared"] for line in found] == [0.5, -0.5, 0.3]
    first, second = gradients.curve([found])
    half = 12.7062 * np.std([0.5, -0.5], ddof=1) / 2**0.5  # Student's t of one degree of freedom
    assert first["cosine"] == 0 and first["high"] == pytest.approx(half, abs=1e-4) and first["below_zero"] == 0.5
    assert second["low"] == second["high"] == 0.3 and second["groups"] == {"views": 0.0}
    assert gradients.read(tmp_path / "none") == []
    # The line that was torn stays alone: what the run that goes on writes is whole.
    gradients.Watch(file)
    with file.open("a") as going_on:
        going_on.write(json.dumps({"epoch": 2, "batch": 9, "shared": 0.7, "views": 0.0}) + "\n")
    assert [line["shared"] for line in gradients.read(file)] == [0.5, -0.5, 0.3, 0.7]


def test_cosines_are_compared_batch_by_batch_and_seed_by_seed():
    def lines(*values):
        return [{"epoch": 1, "batch": batch, "shared": value} for batch, value in enumerate(values)]

    ours = {0: lines(0.5, 0.1, 0.9), 1: lines(0.2, 0.0), 2: lines(1.0)}
    theirs = {0: lines(0.4, 0.2), 1: lines(0.0, -0.2), 3: lines(0.0)}
    found = gradients.difference(ours, theirs)
    assert found["per_seed"] == [0.0, 0.2] and found["mean"] == 0.1 and found["higher"] == 0.75
    half = 12.7062 * np.std([0.0, 0.2], ddof=1) / 2**0.5
    assert found["low"] == pytest.approx(0.1 - half, abs=1e-4) and found["high"] == pytest.approx(0.1 + half, abs=1e-4)
    one = gradients.difference({0: ours[0]}, theirs)
    assert one["mean"] == 0.0 and one["low"] is one["high"] is None
    assert gradients.difference({2: ours[2]}, theirs) is None


def test_variants_change_what_they_say_and_nothing_else():
    base = Settings.model_validate({"training": {"epochs": 3}, "model": {"dim": 64}})
    for variant in VARIANTS.values():
        settings = variant.settings(base)
        changed = {
            f"{part}.{name}": value
            for part in ("model", "training", "text", "data")
            for name, value in getattr(settings, part).model_dump().items()
            if value != getattr(base, part).model_dump()[name]
        }
        assert changed == variant.changes
    assert [v.name for v in chosen("heads,full,heads")] == ["full", "heads"]
    (_, weighted) = chosen("contrast-views=0.03")
    assert weighted.changes == {"training.contrast_views": 0.03} and "0.03" in weighted.what
    for wrong in ("head", "heads=2", "contrast-views=x"):
        with pytest.raises(ValueError, match=r"variant|float"):
            chosen(wrong)
    assert {variant.name for variant in VARIANTS.values() if variant.design is not Network} == {"heads"}


@pytest.fixture(scope="module")
def ablation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ablation")
    data = load(tiny.write_data(folder / "data"), Settings().data)
    settings = Settings.load(tiny.write_settings(folder / "s.yaml", tiny.write_encoder(folder / "encoder"), 2))
    made = Ablation(data, folder / "runs", settings, Progress())
    result = run(made, "full,no-neighbours")
    return made, result


def run(made: Ablation, names: str, split: str = "test", seeds=(0,)) -> dict:
    return ablate(made.dataset, made.folder, made.base, list(seeds), chosen(names), split, made.progress)


def test_an_ablation_is_one_table_of_paired_differences(ablation):
    made, result = ablation
    assert json.loads((made.folder / "ablation.json").read_text()) == result
    rows = {row["variant"]: row for row in result["rows"]}
    assert rows["full"]["tasks"]["search"]["difference"] is None and rows["full"]["seeds"] == [0]
    kept = {
        name: json.loads((made.folder / "seed-0" / name / "test.json").read_text())["tasks"]["recommend"]
        for name in ("full", "no-neighbours")
    }
    values = np.stack([gains(np.array(kept[name]["ranks"]), 10) for name in kept])
    figures = rows["no-neighbours"]["tasks"]["recommend"]
    assert figures["ndcg@10"] == pytest.approx(values[1].mean(), abs=1e-5)
    assert figures["difference"]["mean"] == pytest.approx(values[1].mean() - values[0].mean(), abs=1e-5)
    means = bootstrap(values[::-1], made.dataset.events.user[kept["full"]["places"]])
    low, high = np.percentile(means[:, 0] - means[:, 1], [2.5, 97.5])
    assert (figures["difference"]["low"], figures["difference"]["high"]) == pytest.approx((low, high), abs=1e-5)


def test_what_is_left_out_is_not_in_the_pack_and_the_network_is_the_same(ablation):
    made, _ = ablation
    whole, without = (Pack.read(made.folder / "seed-0" / name / "pack.gensr") for name in ("full", "no-neighbours"))
    assert "neighbours.ids" in whole.sections and "neighbours.ids" not in without.sections
    assert "neighbours" not in without.manifest
    assert not any(task["neighbours"] for task in without.manifest["tasks"].values())
    for name in ("graph.decoder", "graph.history", "items.fused"):
        assert np.array_equal(whole.sections[name], without.sections[name])


def test_a_second_run_goes_on_and_does_nothing_twice(ablation, monkeypatch):
    made, result = ablation
    from gensr_models.research import ablation as module

    def refuse(*_, **__):
        raise AssertionError("trained again")

    monkeypatch.setattr(module.builds, "train", refuse)
    monkeypatch.setattr(module.builds, "build", refuse)
    assert run(made, "full,no-neighbours") == result
    # A run of other settings is another run.
    changed = replace(made, base=Settings.model_validate(made.base.model_dump() | {"model": {"dim": 64, "layers": 1}}))
    with pytest.raises(AssertionError, match="trained again"):
        run(changed, "full")


def test_the_claims_are_read_from_the_networks_of_both_designs(ablation):
    made, _ = ablation
    with pytest.raises(ValueError, match="heads"):
        claims(made)
    run(made, "full,heads", split="valid")
    found = claims(made)
    assert json.loads((made.folder / "claims.json").read_text()) == found
    information_ = found["information"]
    limit = math.log(information_["candidates"])
    for design in ("prompts", "heads"):
        for task in ("search", "recommend"):
            assert len(information_[design][task]) == 1 and information_[design][task][0] < limit
        assert [point["epoch"] for point in found["gradients"][design]] == [1, 2]
    for task, gap in information_["difference"].items():
        assert gap["low"] <= gap["mean"] <= gap["high"]
        difference = information_["prompts"][task][0] - information_["heads"][task][0]
        assert gap["mean"] == pytest.approx(difference, abs=2e-5)
    for figures in found["judge"]["0"].values():
        assert figures["valid"]["weight"] >= 0 and figures["valid"]["error"] >= 0
        for judged in (figures["test"]["judged"], figures["test"]["most"]):
            assert judged["ahead"]["low"] <= judged["ahead"]["mean"] <= judged["ahead"]["high"]
    assert set(found["judge"]["0"]) == {"recommend", "search"}
    dim = 64
    assert found["parameters"]["heads"] - found["parameters"]["prompts"] == dim * dim + dim - 2 * dim
    for name in ("information.svg", "gradients.svg"):
        text = (made.folder / name).read_text()
        assert text.startswith("<?xml") and "two heads" in text


def test_a_variant_is_measured_whatever_8_bit_costs_it_and_a_build_is_not(ablation, monkeypatch):
    made, _ = ablation
    monkeypatch.setattr("gensr_models.quality.losses.MOST_LOSS", -2.0)
    monkeypatch.setattr("gensr_models.quality.losses.CERTAIN", -1e9)
    with pytest.raises(QualityError, match="no pack was written"):
        builds.build(made.dataset, made.folder / "refused.gensr", made.base, 0, made.progress)
    (row,) = (row for row in run(made, "full,heads")["rows"] if row["variant"] == "heads")
    assert all(len(row["tasks"][task]["lost"]) == 1 for task in ("search", "recommend"))


def test_a_variant_that_means_nothing_on_a_data_set_is_skipped_with_its_reason(tmp_path):
    folder = tiny.write_data(tmp_path)
    lines = (folder / "events.csv").read_text().splitlines()
    (folder / "events.csv").write_text("\n".join(line for line in lines if ",search," not in line) + "\n")
    data = load(folder, Settings().data)
    made = {row["variant"]: row for row in table.rows(data, list(VARIANTS.values()), {}, "tasks")}
    for name in ("heads", "search-alone", "recommend-alone", "contrast-query"):
        assert "search" in made[name]["skipped"]
    assert made["no-semantic"]["skipped"] == "not run yet"
