"""Warm start: a model begins as an earlier one ended, by id, word and name; it then needs a fraction of the epochs."""

import csv
import json
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import tiny
import torch
import training_run

from gensr_models.build import reopened
from gensr_models.config.progress import Progress
from gensr_models.data import load
from gensr_models.pack.format import Pack, quantise_rows
from gensr_models.quality.checks import model_rows
from gensr_models.training import warm
from gensr_models.training.earlier import COLLABORATIVE, Names, leave, of_run
from gensr_models.training.warm import KINDS, WORDS, begin
from gensr_models.training.warm_pack import of_pack

EPOCHS, TRAINED = 4, 24


def build(*arguments):
    command = [sys.executable, "-m", "gensr_models.cli", "build", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))


def write_rows(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """Two days of a shop: the second has five users and one item more, and lacks an item that nobody wants any more."""
    folder = tmp_path_factory.mktemp("days")
    today = tiny.write_data(folder / "today", users=60)
    yesterday = folder / "yesterday"
    shutil.copytree(today, yesterday)
    items, events = rows_of(today / "items.csv"), rows_of(today / "events.csv")
    late = {f"u{user}" for user in range(55, 60)}
    write_rows(yesterday / "events.csv", [row for row in events if row[0] not in late and row[4] != "i0-0"])
    write_rows(
        yesterday / "items.csv", [row for row in items if row[0] != "i0-0"] + [["gone", "odd thing", "", "odds", "3"]]
    )
    settings = tiny.write_settings(folder / "settings.yaml", tiny.write_encoder(folder / "encoder"), EPOCHS)
    out = folder / "yesterday.gensr"
    done = build(yesterday, "--out", out, "--config", settings, "--seed", 5)
    assert done.returncode == 0, done.stderr
    return folder, settings, out


def trained(folder, data, epochs, earlier=None):
    """Best valid ndcg@10 (mean of the tasks), and what training left; without a build around it."""
    dataset = load(data)
    rate = 5e-3 if earlier is None else 2.5e-3
    recipe = training_run.RECIPE.__class__(**(training_run.RECIPE.__dict__ | {"epochs": epochs, "learning_rate": rate}))
    names = Names(dataset.catalogue.ids, [f"w{i}" for i in range(40)], [kind.name for kind in dataset.kinds])
    folder.mkdir(parents=True)
    trainer = training_run.trainer_of(data, folder, None, recipe)
    if earlier is not None:
        assert begin(trainer.model, of_run(earlier), names, True)["taken"]
    trainer.run(lambda *_: None, lambda _: None)
    met = np.bincount(dataset.events.item[dataset.events.split == 0], minlength=len(names.items)) > 0
    leave(folder, trainer.model, names, met, None, dataset.sha256)
    return max((row["valid_ndcg@10_recommend"] + row["valid_ndcg@10_search"]) / 2 for row in trainer.curve)


def test_a_warm_start_is_as_good_after_a_quarter_of_the_epochs(days, tmp_path):
    folder = days[0]
    trained(tmp_path / "yesterday.run" / "key", folder / "yesterday", TRAINED)
    cold = trained(tmp_path / "cold", folder / "today", TRAINED)
    short = trained(tmp_path / "short", folder / "today", TRAINED // 4)
    found = trained(tmp_path / "warm", folder / "today", TRAINED // 4, tmp_path / "yesterday.run")
    print(cold, short, found)
    assert found >= 0.97 * cold and found - short >= 0.5 * (cold - short) > 0


@pytest.fixture(scope="module")
def warmed(days):
    """Today's pack, begun with yesterday's run."""
    folder, settings, yesterday = days
    out, run = folder / "warm.gensr", yesterday.with_name("yesterday.gensr.run")
    done = build(folder / "today", "--out", out, "--config", settings, "--seed", 6, "--warm-start", run)
    assert done.returncode == 0, done.stderr
    return out


def test_a_build_begins_with_a_run_and_says_what_it_took(days, warmed):
    folder, out = days[0], warmed
    report = json.loads((folder / "warm.gensr.run" / "report.json").read_text())
    begun = report["warm_start"]
    assert begun["taken"] and begun["from"] == "run yesterday.gensr.run" and not begun["cold"]
    assert begun["items"] == {"taken": 59, "new": 1, "dropped": 1, "from_text": begun["items"]["from_text"]}
    assert begun["items"]["from_text"] >= 1 and begun["kinds"] == {"taken": 4, "new": 0, "dropped": 0}
    assert "warm start" in (folder / "warm.gensr.run" / "log.txt").read_text()
    assert Pack.read(out).manifest["provenance"]["warm_start"]["items"]["new"] == 1
    assert any("warm start" in reason for reason in report["decisions"]["reasons"])
    # Its own epochs stand where the settings say none; here they do.
    assert report["decisions"]["recipe"]["epochs"] == EPOCHS
    assert report["decisions"]["recipe"]["learning_rate"] == pytest.approx(1e-3)


def test_a_warm_run_is_opened_again_with_the_texts_that_it_read(days, warmed):
    dataset, run = load(days[0] / "today"), warmed.with_name("warm.gensr.run")
    report = json.loads((run / "report.json").read_text())
    rows = quantise_rows(model_rows(reopened(dataset, run, warmed, report, Progress())[0])[0])[0]
    shipped = Pack.read(warmed).sections["items.fused"].reshape(rows.shape)
    assert (rows == shipped).mean() > 0.999


def test_a_pack_tells_its_network_and_its_items(days):
    """Against the float model of its run: matrices to a percent (8 bit), all else exactly."""
    pack = of_pack(days[2])
    run = of_run(days[2].with_name("yesterday.gensr.run"))
    assert pack.names.items == run.names.items and pack.names.kinds == run.names.kinds and not pack.names.words
    assert pack.text[1] == run.text[1] and np.array_equal(pack.text[0].matrix, run.text[0].matrix)
    assert set(run.state) - set(pack.state) == {WORDS}
    for name, value in run.state.items():
        if name in (WORDS, COLLABORATIVE):
            continue
        error = float((pack.state[name] - value).norm() / value.norm().clamp_min(1e-9))
        assert error < 0.02, name
        assert error == 0 or value.ndim == 2, name
    assert "no word vectors" in pack.remarks[0] and len(pack.remarks) == 1


def test_items_of_a_pack_begin_as_they_were(days, tmp_path):
    pack = of_pack(days[2])
    dataset = load(days[0] / "today")
    model, _ = training_run.model_of(dataset, text=32)
    found = begin(model, pack, Names(dataset.catalogue.ids, [], [kind.name for kind in dataset.kinds]), True)
    assert found["taken"] and "items.words" in found["cold"] and found["items"]["new"] == 1
    with torch.inference_mode():
        fused, _ = model.eval().items()
    places = {item: place for place, item in enumerate(pack.names.items)}
    for row, item in enumerate(dataset.catalogue.ids):
        if item in places and pack.met[places[item]]:
            wanted = pack.state[COLLABORATIVE][places[item]]
            torch.testing.assert_close(fused[row], wanted / wanted.norm(), atol=1e-5, rtol=0)


@pytest.fixture
def left(tmp_path):
    """A trained model of three items that was left in a run folder, and the model of the next day."""
    dataset = load(tiny.write_data(tmp_path / "data"))
    earlier, _ = training_run.model_of(dataset)
    for parameter in earlier.parameters():
        parameter.data.normal_()
    folder = tmp_path / "x.gensr.run" / "key"
    folder.mkdir(parents=True)
    names = Names(dataset.catalogue.ids, [f"w{i}" for i in range(40)], ["view", "search", "buy", "dislike"])
    met = np.arange(len(names.items)) % 7 > 0
    leave(folder, earlier, names, met, None, {"events.csv": "1"})
    return tmp_path / "x.gensr.run", earlier, names, met, training_run.model_of(dataset)[0]


def test_rows_are_taken_by_name_and_new_items_begin_from_their_text(left):
    run, earlier, names, met, model = left
    order = np.random.default_rng(0).permutation(60)
    ids = [names.items[i] for i in order[:-1]] + ["new"]
    words, kinds = [*reversed(names.words[1:]), "unheard"], ["dislike", "rent", "view", "search"]
    fresh = {name: value.clone() for name, value in model.state_dict().items()}
    found = begin(model, of_run(run), Names(ids, words, kinds), True)
    items = model.state_dict()[COLLABORATIVE]
    taken = np.flatnonzero(met[order[:-1]])
    assert torch.equal(items[taken], earlier.state_dict()[COLLABORATIVE][order[taken]])
    with torch.inference_mode():
        semantic = model.eval().items.semantic().numpy()
    from gensr_models.model.cold import prediction

    fitted = prediction(semantic, items.numpy(), np.append(met[order[:-1]], False))
    assert np.allclose(items[-1], semantic[-1] @ fitted, atol=1e-5)
    assert torch.equal(model.state_dict()[WORDS][0], earlier.state_dict()[WORDS][39])
    assert torch.equal(model.state_dict()[WORDS][39], fresh[WORDS][39])
    then = earlier.state_dict()[KINDS]
    now = model.state_dict()[KINDS]
    assert torch.equal(now[[0, 1, 3, 4]], then[[0, 4, 1, 2]]) and torch.equal(now[2], fresh[KINDS][2])
    assert torch.equal(model.state_dict()["network.head.weight"], earlier.state_dict()["network.head.weight"])
    assert found["items"] == {"taken": 59, "new": 1, "dropped": 1, "from_text": int((~met[order[:-1]]).sum()) + 1}
    assert found["words"] == {"taken": 39, "new": 1, "dropped": 1}
    assert found["kinds"] == {"taken": 3, "new": 1, "dropped": 1} and found["cold"] == []


def test_another_window_keeps_the_biases_and_another_text_starts_anew(left):
    run, _, names, _, model = left
    saved = of_run(run)
    longer = {k: torch.cat([v, v + 1]) if k.endswith("bias.table") else v for k, v in saved.state.items()}
    before = model.state_dict()["items.project.weight"].clone()
    found = begin(model, replace(saved, state=longer), names, False)
    table = "network.blocks.0.bias.table"
    assert torch.equal(model.state_dict()[table], saved.state[table])
    shorter = {k: v[:3] if k.endswith("bias.table") else v for k, v in saved.state.items()}
    begin(model, replace(saved, state=shorter), names, False)
    assert torch.equal(model.state_dict()[table][2:], saved.state[table][2].expand(len(saved.state[table]) - 2, -1))
    assert set(found["cold"]) == {"items.project.weight", "network.prompt.query.weight (text)"}
    assert torch.equal(model.state_dict()["items.project.weight"], before)


def test_another_width_takes_nothing_and_says_so(left):
    run, _, names, _, model = left
    saved = of_run(run)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    narrow = replace(saved, state=saved.state | {COLLABORATIVE: saved.state[COLLABORATIVE][:, :32]})
    found = begin(model, narrow, names, True)
    assert not found["taken"] and "64 wide and were 32" in found["remarks"][-1]
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_where_there_is_nothing_to_begin_with(left, tmp_path):
    run = left[0]
    assert warm.read(run, tmp_path / "other.run", {"events.csv": "1"}).source == "run x.gensr.run"
    with pytest.raises(ValueError, match="no training has finished"):
        warm.read(run, run, {"events.csv": "1"})  # it is what this build itself has left
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no training has finished"):
        warm.read(tmp_path / "empty", run, {})
    with pytest.raises(FileNotFoundError):
        warm.read(tmp_path / "none.gensr", run, {})
    (tmp_path / "bad.gensr").write_bytes(b"no pack at all")
    with pytest.raises(ValueError, match="is no pack"):
        warm.read(tmp_path / "bad.gensr", run, {})
