"""The report: item rows in cheaper forms, and a page that says what its inputs say and loads nothing."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest
import tiny
import torch

from gensr_models import metrics
from gensr_models.build import build, reopened
from gensr_models.config.progress import Progress
from gensr_models.config.settings import Settings
from gensr_models.data import TEST, load
from gensr_models.pack.format import Pack
from gensr_models.report import Asked, gather, render, words
from gensr_models.report.built import ReportError, Run
from gensr_models.report.inputs import Cosine, Figures, Gradients, Information
from gensr_models.report.quantise import Quantiser, forms
from gensr_models.training.ranks import ranks_of
from gensr_models.training.rules import Decisions

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A built pack and its data; every title would be a script if it were not escaped."""
    folder = tmp_path_factory.mktemp("report")
    data = tiny.write_data(folder / "shop", users=40)
    rows = list(csv.reader((data / "items.csv").open(newline="")))
    with (data / "items.csv").open("w", newline="") as file:
        csv.writer(file).writerows([rows[0], *([i, f"{title} {HOSTILE}", *rest] for i, title, *rest in rows[1:])])
    settings = Settings.model_validate(
        {
            "text": {"encoder": "static", "folder": str(tiny.write_encoder(folder / "encoder"))},
            "training": {"epochs": 3, "batch_events": 256},
        }
    )
    out = folder / "shop.gensr"
    build(load(data, settings.data), out, settings, 0, Progress())
    return out, data


@pytest.fixture(scope="module")
def found(shop):
    out, data = shop
    return gather(Asked(out, data, baselines=("popularity",)), Progress())


@pytest.fixture(scope="module")
def page(found):
    return render(found)


@pytest.fixture
def copy(shop, tmp_path):
    """A pack and its run folder that may be broken."""
    out, _ = shop
    shutil.copy(out, tmp_path / out.name)
    shutil.copytree(f"{out}.run", tmp_path / f"{out.name}.run")
    return tmp_path / out.name


# --- item rows in cheaper forms


@pytest.fixture(scope="module")
def rows():
    """Unit rows with some structure: a few directions carry most of them."""
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(1200, 16)) * np.geomspace(3, 0.2, 16) @ np.linalg.qr(rng.normal(size=(16, 16)))[0]
    return (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)


def test_error_falls_with_bytes(rows):
    made = {form.name: form for form in forms(rows, parts=(16, 8, 4, 2))}
    for family in (["f32", "f16", "int8", "int4"], ["OPQ 16", "OPQ 8", "OPQ 4", "OPQ 2"]):
        errors = [made[name].error(rows) for name in family]
        sizes = [made[name].row_bytes for name in family]
        assert errors == sorted(errors) and len(set(errors)) == 4
        assert sizes == sorted(sizes, reverse=True)
    assert made["f32"].error(rows) == 0 and made["int8"].error(rows) < 1e-4
    assert [made[name].row_bytes for name in ("f32", "f16", "int8", "int4", "OPQ 8")] == [64, 32, 20, 12, 8]


def test_a_rotation_is_orthonormal_and_pays(rows):
    quantiser = Quantiser.fit(rows, 4, 0)
    np.testing.assert_allclose(quantiser.rotation.T @ quantiser.rotation, np.eye(16), atol=1e-5)
    codes = quantiser.codes(rows)
    assert codes.shape == (1200, 4) and codes.dtype == np.uint8
    assert quantiser.bytes() == 4 * (16 * 16 + 256 * 16)
    # Product quantisation of the rows as they come, by the same k-means: the rotation has to beat it.
    centroids = [np.unique(part, axis=0)[:256] for part in np.split(rows, 4, axis=1)]
    unrotated = Quantiser(np.eye(16, dtype=np.float32), centroids)
    for _ in range(20):
        codes = unrotated.codes(rows)
        centroids = [
            np.stack([part[code == c].mean(axis=0) if (code == c).any() else old for c, old in enumerate(book)])
            for part, code, book in zip(np.split(rows, 4, axis=1), codes.T, unrotated.centroids, strict=True)
        ]
        unrotated = Quantiser(unrotated.rotation, centroids)
    assert ((quantiser(rows) - rows) ** 2).sum() < 0.95 * ((unrotated(rows) - rows) ** 2).sum()


def test_no_more_rows_than_centroids_are_kept_whole(rows):
    few = rows[:200]
    np.testing.assert_allclose(Quantiser.fit(few, 4, 0)(few), few, atol=1e-5)
    assert not any(form.name == "OPQ 64" for form in forms(few))  # 64 parts of 16 numbers


def test_int8_is_what_the_pack_has(shop, found):
    out, data = shop
    run = Run.open(out)
    dataset = load(data)
    model, events, decisions = reopened(dataset, run.folder, out, run.report, Progress())
    with torch.inference_mode():
        fused = model.items()[0].numpy()
    int8 = next(form for form in forms(fused) if form.name == "int8")
    np.testing.assert_array_equal(int8.rows, Pack.read(out).rows("items.fused"))

    # Float rows rank as the model does.
    for task, name in enumerate(("recommend", "search")):
        places = np.flatnonzero((events.split == TEST) & (events.task == task) & events.positive)
        with torch.inference_mode():
            ranks = ranks_of(model, events, decisions.windowing, places)
        whole = found.rows["forms"][0]["tasks"][name]
        assert (
            whole["both"]["ndcg@10"] == whole["output"]["ndcg@10"] == pytest.approx(metrics.ndcg(ranks, 10), abs=1e-6)
        )
        assert found.rows["events"][name] == len(places) > 10


def test_decisions_of_another_release_are_read(shop):
    record = Run.open(shop[0]).report["decisions"]
    assert Decisions.of_record(record).record() == record
    other = {**record, "unheard_of": 1, "recipe": {**record["recipe"], "unheard_of": 1}}
    del other["recipe"]["item_dropout"]
    assert Decisions.of_record(other).recipe.item_dropout == 0.0


# --- the page


class _Checker(HTMLParser):
    """Counts tags, and notes what is not closed, loads something, or is named twice."""

    def __init__(self):
        super().__init__()
        self.open, self.problems, self.tags, self.ids = [], [], {}, set()

    def handle_starttag(self, tag, attrs):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if tag not in ("meta", "br", "img", "link", "input"):
            self.open.append(tag)
        self.seen(tag, attrs)

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.seen(tag, attrs)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing")

    def seen(self, tag, attrs):
        for name, value in attrs:
            if name in ("src", "srcset", "data", "action", "poster", "background") or name.startswith("on"):
                self.problems.append(f"{tag} {name}={value}")
            if name.endswith("href") and not value.startswith("#"):
                self.problems.append(f"{tag} {name}={value}")
            if name == "id":
                self.problems += [f"id {value} twice"] if value in self.ids else []
                self.ids.add(value)


def checked(page):
    checker = _Checker()
    checker.feed(page)
    checker.close()
    assert checker.problems == [] and checker.open == []
    return checker


def test_the_page_is_well_formed_and_loads_nothing(page):
    checker = checked(page)
    assert not {"script", "link", "img", "iframe", "object", "base"} & checker.tags.keys()
    assert "://" not in page and "@import" not in page
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", page))
    for target in re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', page):
        assert "".join(target) in checker.ids
    assert checker.tags["svg"] % 2 == 0 and checker.tags["text"] > 50  # twice each, and their text is text
    assert "#0a0b" not in page  # colours are the style sheet's
    assert len(page.encode()) < 1_000_000


def test_what_the_data_says_is_escaped(page, found):
    assert HOSTILE not in page and HOSTILE in unescape(page)
    assert any(HOSTILE in hit.title for one in found.examples["recommend"] for hit in one.hits)
    assert sum(len(one) for one in found.examples.values()) >= 4


def test_numbers_are_those_of_the_inputs(page, found):
    text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))
    report = found.run.report
    for task, systems in found.figures.root.items():
        for system in systems.values():
            low, high = system.intervals["ndcg@10"].interval
            assert f"{system.default.ndcg:.4f} {low:.4f} to {high:.4f}" in text
        assert systems["pack"].packs == [report["pack_id"]]
        assert f"{report['valid'][task]['ndcg@10_onnx_quantised']:.5f}" in text
    for form in found.rows["forms"]:
        assert f" {form['name']} {form['row_bytes']} {form['item_bytes']:.1f} {100 * form['error']:.3f} % " in text
        for task in form["tasks"].values():
            assert f"{task['both']['ndcg@10']:.4f}" in text
    for stage in found.bench.search.values():
        assert words.milliseconds(stage.p50) in text and words.milliseconds(stage.p95) in text
    best = max(report["curve"], key=lambda row: row["valid_ndcg@10_recommend"] + row["valid_ndcg@10_search"])
    assert f"Epoch {best['epoch']} of 3 was kept" in text and report["pack_id"] in text
    assert sum(section["bytes"] for section in found.inspect["sections"]) < report["bytes"]
    for reason in report["decisions"]["reasons"]:
        assert reason in text
    assert f"{found.counts['events']:,} events" in text


def test_a_second_page_measures_nothing_again(shop, found, page):
    out, data = shop
    told = []
    again = gather(Asked(out.with_name(out.name + ".run"), data, baselines=("popularity",)), Progress(), told.append)
    assert told == [] and render(again) == page


def test_missing_parts_are_named_with_their_commands(shop):
    found = gather(Asked(shop[0]), Progress())
    page = render(found)
    checked(page)
    assert {one.part for one in found.missing} >= {"metrics against baselines", "ablations", "examples"}
    for one in found.missing:
        assert one.part in page and one.command in unescape(page)
    assert "<h2>Metrics against baselines" not in page and "<h2>Learning" in page and "<h2>Examples" not in page


APART = {"mean": -0.325, "low": -0.4, "high": -0.25, "per_seed": [-0.3, -0.35], "higher": 0.1}
"""Of gradients: prompts lower than heads."""


def test_ablations_and_claims(shop, tmp_path):
    quality = {"ndcg@10": 0.2511, "recall@10": 0.4, "per_seed": [0.25, 0.2522], "difference": None}
    worse = {**quality, "ndcg@10": 0.2412, "difference": {"mean": -0.0099, "low": -0.0123, "high": -0.0077}}
    rows = [
        {"variant": "full", "what": "all of it", "tasks": {"search": quality, "recommend": quality}},
        {"variant": f"$no {HOSTILE}", "what": "", "seeds": [1], "tasks": {"search": worse}},
        {"variant": "no lexical", "what": "", "tasks": {}, "skipped": "the pack has none"},
    ]
    (tmp_path / "ablation.json").write_text(json.dumps({"data": "shop", "seeds": [0, 1], "rows": rows}))
    line = [{"epoch": 1, "cosine": 0.2, "low": 0.1, "high": 0.3}, {"epoch": 2, "cosine": 0.25, "low": 0.2, "high": 0.3}]
    below = [{**row, "cosine": -0.1, "low": -0.2, "high": 0.0} for row in line]
    bounds = {"search": [2.0, 2.1, 2.2]}
    claims = {
        "data": "shop",
        "information": {"candidates": 100, "prompts": bounds, "heads": {"search": [1.0, 1.11, 1.19]}},
        "gradients": {"prompts": below, "heads": line, "difference": APART},
    }
    (tmp_path / "claims.json").write_text(json.dumps(claims))
    page = render(gather(Asked(shop[0], ablation=tmp_path), Progress()))
    checked(page)
    text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))
    text = text.replace(words.MINUS, "-")
    assert HOSTILE not in page and "-0.0099 -0.0123 to -0.0077 0.2500 0.2522" in text
    assert "left out: the pack has none" in text
    assert "search: holds. Prompts 2.100 nats, heads 1.100" in text and "4.61 nats" in text
    assert "Does not hold. Mean cosine -0.100 with prompts, +0.225 with heads" in text
    assert "seeds 0, 1, paired" in text and "Seeds 1 only." in text
    for name in ("ablation.json", "claims.json"):
        file = tmp_path / name
        file.write_text(file.read_text().replace('"data": "shop"', '"data": "another"'))
        with pytest.raises(ReportError, match=f"{name} tells of the data another"):
            gather(Asked(shop[0], ablation=tmp_path), Progress())
        file.write_text(file.read_text().replace('"data": "another"', '"data": "shop", "sha256": {"items.csv": "0"}'))
        with pytest.raises(ReportError, match=f"{name} tells of other tables"):
            gather(Asked(shop[0], ablation=tmp_path), Progress())
        file.write_text(file.read_text().replace(', "sha256": {"items.csv": "0"}', ""))
    file = tmp_path / "ablation.json"
    file.write_text(
        file.read_text().replace('"data": "shop"', '"data": "shop", "settings": {"training": {"epochs": 12}}')
    )
    page = render(gather(Asked(shop[0], ablation=tmp_path), Progress()))
    assert "{training: {epochs: 12}}" in page and "not with the settings of this pack" in page


# --- sentences


def test_sentences_follow_the_intervals():
    def bound(prompts, heads, **more):
        found = Information(candidates=64, prompts={"search": prompts}, heads={"search": heads}, **more)
        return words.on_information(found)[0]["verdict"]

    assert bound([2, 2.1, 2.0], [1, 1.1, 1.05]) == "holds"
    assert bound([1, 1.1, 1.05], [2, 2.1, 2.0]) == "does not hold"
    assert bound([1, 2, 1], [1.1, 1.8, 1.2]) == bound([2], [1]) == bound([2, 2], [1]) == "not shown"
    measured = {"search": {"mean": -0.01, "low": -0.02, "high": 0.01}}
    assert bound([2, 2.1, 2.0], [1, 1.1, 1.05], difference=measured) == "not shown"

    def cosines(**gap):
        row = Cosine(epoch=1, cosine=0.1, low=0.0, high=0.2)
        return words.on_gradients(Gradients(prompts=[row], heads=[row], **gap))["verdict"]

    def apart(**sides):
        return {"difference": {**APART, **sides}}

    assert cosines(**apart()) == "does not hold" and cosines(**apart(low=0.01, high=0.2)) == "holds"
    assert cosines(**apart(high=0.1)) == cosines(**apart(low=None, high=None)) == cosines() == "not shown"


def test_the_headline_says_above_below_and_not_told_apart():
    def system(ndcg, ahead=None, gap=None):
        quality = {"ndcg@10": ndcg, "recall@10": 0.2, "users": 10}
        sure = {"interval": [0, 1], "ahead": ahead, "ahead_interval": gap}
        return {"default": quality, "plain": quality, "intervals": {"ndcg@10": sure, "recall@10": sure}}

    def sentence(gap):
        systems = {"pack": system(0.12), "ease": system(0.1, 0.02, gap), "knn": system(0.05, 0.07, [0.06, 0.08])}
        return words.verdict_on(Figures.model_validate({"search": systems}), "search")

    assert sentence([0.01, 0.03]) == (
        "ndcg@10 0.1200: 20 % above EASE (0.1000), the best of 2 baselines (+0.0200, 95 % +0.0100 to +0.0300)."
    )
    assert "not distinguishable from EASE" in sentence([-0.01, 0.05]) and "below EASE" in sentence([-0.05, -0.01])


def test_numbers_read_as_numbers():
    assert [words.number(x) for x in (0.00004, -0.00004, -0.5)] == ["0.0000", "0.0000", f"{words.MINUS}0.5000"]
    assert [words.signed(x) for x in (0.25, -0.25, 0)] == ["+0.2500", f"{words.MINUS}0.2500", "0.0000"]
    assert [words.size(x) for x in (28_111_552, 5_300, 12)] == ["28.1 MB", "5.3 kB", "12 bytes"]
    assert [words.duration(x) for x in (1.04, 89.96, 119.8, 600)] == ["1.0 s", "90.0 s", "2:00 min", "10:00 min"]


# --- what is wrong with what it was given


def test_errors_say_what_is_wrong(copy, shop, tmp_path):
    run = copy.with_name(copy.name + ".run")

    def refused(match, **given):
        with pytest.raises(ReportError, match=match):
            gather(Asked(**{"run": copy, **given}), Progress())

    refused("does not exist", run=tmp_path / "nothing.gensr")
    refused("no run folder", run=tmp_path)
    broken = tmp_path / "broken.json"
    broken.write_text('{"pack": ')
    refused("broken.json is no JSON: line 1", bench=broken)
    broken.write_text('{"search": {"ease": {}}}')
    refused("search.ease.default: Field required", figures=broken)
    broken.write_text("[]")
    refused("expected an object", figures=broken)
    other = {"pack": {"id": "0" * 64}, "machine": {"os": "linux", "arch": "x", "cores": 1}, "iterations": 1}
    broken.write_text(json.dumps(other))
    refused("measured another pack", bench=broken)
    refused("is no folder", ablation=tmp_path / "nothing")
    quality = {"ndcg@10": 0.1, "recall@10": 0.2, "users": 10}
    sure = {"ndcg@10": {"interval": [0, 1]}, "recall@10": {"interval": [0, 1]}}
    system = {"default": quality, "plain": quality, "intervals": sure, "packs": ["0" * 64]}
    broken.write_text(json.dumps({"search": {"pack": system}}))
    refused("the pack that was evaluated in search is not shop.gensr", figures=broken)
    refused("is not the data that shop.gensr was built from", data=tiny.write_data(tmp_path / "else", users=20))
    report = json.loads((run / "report.json").read_text())
    (run / "report.json").write_text(json.dumps({**report, "pack_id": "0" * 64}))
    refused("is not the pack that shop.gensr.run tells of")
    (run / "report.json").write_text("{}")
    refused("has no data, seed")
    (run / "report.json").unlink()
    refused("did not finish")
    copy.unlink()
    refused("the pack has to stand beside", run=run)


def test_a_lost_checkpoint_costs_its_part_alone(copy, shop):
    for path in copy.with_name(copy.name + ".run").glob("*/checkpoint.pt"):
        path.unlink()
    shutil.rmtree(copy.with_name(copy.name + ".run") / "report", ignore_errors=True)
    found = gather(Asked(copy, shop[1]), Progress())
    assert found.rows is None and any("has no checkpoint" in one.reason for one in found.missing)
    assert found.examples and "bytes against quality" in render(found)


def test_the_command_ends_with_one_line_and_code_1(tmp_path):
    command = [sys.executable, "-m", "gensr_models.cli", "report", tmp_path / "no.gensr", "--out", tmp_path / "a.html"]
    done = subprocess.run(map(str, command), check=False, capture_output=True, text=True, env=os.environ, timeout=120)
    assert done.returncode == 1 and "does not exist" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "a.html").exists()
