"""The build command on a tiny shop with a tiny transformer: kill and restart, broken input, goldens for Rust."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import goldens
import numpy as np
import pandas as pd
import pytest
import tiny

from gensr_models.data import load
from gensr_models.engine import EngineMissingError, engine_binary
from gensr_models.pack.format import Pack
from gensr_models.quality.golden import golden
from gensr_models.quality.losses import QualityError, compare, refuse_losses

ROOT = Path(__file__).resolve().parents[2]
TESTDATA = Path(os.environ.get("GENSR_TESTDATA", ROOT / "target" / "testdata"))
EPOCHS = 25


def gensr_models(*arguments, **options) -> subprocess.Popen:
    command = [sys.executable, "-m", "gensr_models.cli", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def run(*arguments) -> subprocess.CompletedProcess:
    process = gensr_models(*arguments)
    out, err = process.communicate(timeout=600)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    try:
        engine_binary()
    except EngineMissingError as error:
        pytest.fail(str(error))
    folder = tmp_path_factory.mktemp("shop")
    data = tiny.write_data(folder / "data")
    encoder = tiny.write_encoder(folder / "encoder")
    settings = tiny.write_settings(folder / "settings.yaml", encoder, EPOCHS)
    # The pack is committed as tests/golden/tiny.gensr: one layer keeps it small.
    content = json.loads(settings.read_text()) | {"model": {"layers": 1}}
    content["text"]["variants"] = ["fp32"]
    settings.write_text(json.dumps(content))
    return folder, data, settings


@pytest.fixture(scope="module")
def built(shop):
    folder, data, settings = shop
    out = folder / "whole.gensr"
    done = run("build", data, "--out", out, "--config", settings, "--seed", 5)
    assert done.returncode == 0, done.stderr
    return out, json.loads((folder / "whole.gensr.run" / "report.json").read_text())


def test_a_build_writes_a_pack_that_says_what_was_decided(built):
    out, report = built
    pack = Pack.read(out)
    assert pack.manifest["items"] == 60 and pack.manifest["text_encoder"]["kind"] == "minilm"
    assert {a["name"]: a["type"] for a in pack.manifest["attributes"]} == {"categories": "set", "price": "number"}
    assert {k["name"] for k in pack.manifest["kinds"]} == {"view", "search", "buy", "dislike"}
    assert pack.manifest["provenance"]["decisions"] == report["decisions"]
    assert len(report["curve"]) == EPOCHS and report["decisions"]["reasons"]
    # The cost of 8 bit is lost in the noise of 60 events; that it changes few answers is not.
    assert min(report["valid"][task]["overlap@10"] for task in ("recommend", "search")) >= 0.95
    assert pack.manifest["time"]["informative"] is True


def test_a_pack_holds_the_evidence_that_pays(built):
    out, report = built
    pack = Pack.read(out)
    for task, weights in pack.manifest["tasks"].items():
        found = report["valid"][task]
        assert found["ndcg@10_fused"] >= found["ndcg@10_dense"] and found["cases"] > 20
        assert min(weights["neighbours"], weights["neighbours_curve"], weights["lexical"]) >= 0
    # A query of the tiny shop is a word of the wanted item's title: words must have been found to help.
    assert pack.manifest["tasks"]["search"]["lexical"] > 0
    figures = pack.manifest["provenance"]["valid"]["search"]["floor"]
    assert figures["valid_lost"] <= 0.02 and 0 <= figures["nonsense_caught"] <= 1
    paid = any(task["neighbours"] for task in pack.manifest["tasks"].values())
    assert ("neighbours" in pack.manifest) == paid == ("neighbours.ids" in pack.sections)
    assert len(pack.sections["lexical.posting_offsets"]) == len(pack.sections["words.scale"]) + 1


def test_the_tiny_model_learns(built):
    _, report = built
    curve = [epoch["loss"] for epoch in report["curve"]]
    assert curve[-1] < curve[0]
    # A random order of the 46 items outside the history gives 0.10; one that knows the half of the shop, 0.28.
    assert report["valid"]["recommend"]["ndcg@10_torch"] > 0.18


def test_a_killed_build_goes_on_and_ends_the_same(shop, built):
    folder, data, settings = shop
    out, arguments = folder / "killed.gensr", None
    arguments = ("build", data, "--out", out, "--config", settings, "--seed", 5)
    process = gensr_models(*arguments, start_new_session=True)
    deadline = time.monotonic() + 300
    log = folder / "killed.gensr.run" / "log.txt"
    while time.monotonic() < deadline and not (log.exists() and '"epoch": 2' in log.read_text()):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.communicate()
    assert not out.exists()

    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    assert "going on after epoch" in log.read_text()
    again = json.loads((folder / "killed.gensr.run" / "report.json").read_text())
    whole = built[1]
    assert len(again["curve"]) == EPOCHS
    for task in ("recommend", "search"):
        key = "ndcg@10_torch"
        assert again["valid"][task][key] == pytest.approx(whole["valid"][task][key], abs=0.02)
    assert [e["epoch"] for e in again["curve"]] == list(range(1, EPOCHS + 1))


def test_goldens_for_the_engine_are_current(shop, built):
    """tests/golden, which `cargo test` reads: the build writes such a pack, and the reference answers so on it."""
    data, pack, answers = load(shop[1]), goldens.FOLDER / "tiny.gensr", goldens.FOLDER / "tiny.json"
    if os.environ.get("GENSR_WRITE_GOLDEN"):
        goldens.FOLDER.mkdir(exist_ok=True)
        made = Pack.read(built[0])
        facts = made.facts()
        # The settings name folders of this machine.
        facts["provenance"] = {"versions": facts["provenance"]["versions"]}
        made.rewrite(pack, facts)
        answers.write_text(json.dumps(golden(data, pack), ensure_ascii=False) + "\n")
    goldens.check_pack(Pack.read(pack), Pack.read(built[0]))
    made = golden(data, pack)
    goldens.check_answers(json.loads(answers.read_text()), made)
    assert len(made["recommend"]) >= 10 and len(made["search"]) >= 5 and made["tokens"]
    assert all(np.isfinite(r["output"]).all() for r in made["recommend"])


def test_rust_and_the_reference_agree(shop, built):
    done = run("crosscheck", built[0], "--data", shop[1], "--users", 60)
    assert done.returncode == 0, done.stderr
    for task, figures in json.loads(done.stdout).items():
        assert figures["overlap@10"] >= 0.99, task
        for metric in ("recall@5", "ndcg@5", "recall@10", "ndcg@10"):
            assert figures["engine"][metric] == pytest.approx(figures["reference"][metric], abs=5e-4)


def test_crosscheck_takes_parquet_which_the_engine_does_not_read(shop, built, tmp_path):
    for name in ("items", "events"):
        table = pd.read_csv(shop[1] / f"{name}.csv", dtype={"query": "str"}, keep_default_na=False)
        table.to_parquet(tmp_path / f"{name}.parquet")
    expected, found = (run("crosscheck", built[0], "--data", data, "--users", 9) for data in (shop[1], tmp_path))
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout) == json.loads(expected.stdout)


def test_baselines_stand_beside_the_pack_on_the_same_events(shop, built, tmp_path):
    rival = tmp_path / "rival.gensr"
    rival.write_bytes(built[0].read_bytes())
    packs = ["--against", built[0], "--against", built[0], "--rivals", rival]
    done = run("evaluate", shop[1], "--baselines", "popularity,bm25", *packs, "--json")
    assert done.returncode == 0, done.stderr
    engine = subprocess.run(
        [engine_binary(), "evaluate", built[0], "--data", shop[1], "--json"], capture_output=True, text=True, check=True
    )
    theirs = json.loads(engine.stdout)
    for task, figures in json.loads(done.stdout).items():
        assert {"popularity", "pack"} <= set(figures)
        for variant in ("default", "history_excluded", "plain"):
            assert figures["pack"][variant]["ndcg@10"] == pytest.approx(theirs[task][variant]["ndcg@10"], abs=1e-5)
        assert figures["popularity"]["intervals"]["ndcg@10"]["ahead"] == pytest.approx(
            figures["pack"]["default"]["ndcg@10"] - figures["popularity"]["default"]["ndcg@10"], abs=1e-5
        )
        assert "ahead" not in figures["pack"]["intervals"]["ndcg@10"]
        assert figures["rival"]["intervals"]["ndcg@10"]["ahead_interval"] == [0, 0]
        assert figures["rival"]["default"] == figures["pack"]["default"]


def test_a_dry_run_counts_and_writes_nothing(shop):
    folder, data, _ = shop
    before = sorted(folder.iterdir())
    done = run("build", data, "--dry-run")
    assert done.returncode == 0 and "60" in done.stdout
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("table", "line", "wanted"),
    [
        ("events.csv", "u1,soon,view,,i0-0", "timestamp"),
        ("events.csv", "u1,5,view,,no-such-item", "item_id"),
        ("items.csv", "i0-0,twice,,gear,1", "item_id"),
    ],
)
def test_broken_tables_are_named_with_row_and_column(tmp_path, table, line, wanted):
    data = tiny.write_data(tmp_path / "data")
    with (data / table).open("a") as file:
        file.write(line + "\n")
    done = run("build", data, "--out", tmp_path / "x.gensr")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    said = " ".join(done.stderr.split())
    assert table in said and wanted in said
    assert not (tmp_path / "x.gensr").exists()


@pytest.mark.parametrize(
    ("text", "wanted"), [("training: {epohcs: 3}", "epohcs"), ("[1]", "mapping"), ("a: [", "yaml")]
)
def test_broken_settings_are_named(tmp_path, text, wanted):
    settings = tmp_path / "settings.yaml"
    settings.write_text(text)
    done = run("build", tiny.write_data(tmp_path / "data"), "--out", tmp_path / "x.gensr", "--config", settings)
    assert done.returncode == 1 and wanted in done.stderr and "Traceback" not in done.stderr


def test_a_pack_that_lost_too_much_is_refused():
    top = [np.arange(10)] * 100
    good = {"ranks": np.zeros(100, int), "top": top}
    bad = {"ranks": np.where(np.arange(100) < 10, 20, 0), "top": top}
    lost = compare({"torch": {"ranks": good["ranks"]}, "onnx_float": good, "onnx_quantised": bad})
    kept = compare({"torch": {"ranks": good["ranks"]}, "onnx_float": good, "onnx_quantised": good})
    with pytest.raises(QualityError, match=r"search: .* no pack was written"):
        refuse_losses({"recommend": kept, "search": lost})
    refuse_losses({"recommend": kept, "search": kept})
