"""Trained baselines on tiny data: they learn, they see no future, they are tuned."""

import numpy as np
import pytest
import tiny
import torch
from typer.testing import CliRunner

from gensr_models import baselines, cli
from gensr_models.baselines import neural
from gensr_models.baselines.evaluate import evaluate
from gensr_models.baselines.neural import Choice, Joint, Sasrec
from gensr_models.config.settings import Settings
from gensr_models.data import TEST, load
from gensr_models.model import Sequence
from gensr_models.training.loop import Trainer


@pytest.fixture
def chains(write):
    """Users who walk around a ring: the next item follows from the last one."""
    rng = np.random.default_rng(0)
    rows = [["user_id", "timestamp", "kind", "query", "item_id", "split"]]
    for user in range(150):
        start = rng.integers(20)
        for step in range(8):
            split = "valid" if step == 6 else "test" if step == 7 else "train"
            rows.append([f"u{user}", step, "view", "", f"i{(start + step) % 20}", split])
    return load(write(items=[["item_id", "title"], *([f"i{n}", f"item {n}"] for n in range(20))], events=rows))


def sequence(batch, n, dim, query_dim, seed=0):
    generator = torch.Generator().manual_seed(seed)
    fused = torch.randn(batch, n, dim, generator=generator)
    zeros = torch.zeros(batch, n, dtype=torch.long)
    task = torch.randint(0, 2, (batch, n), generator=generator)
    return Sequence(fused, fused, torch.randn(batch, n, query_dim, generator=generator), task, zeros + 1, zeros)


@pytest.mark.parametrize("unit", [True, False])
def test_an_output_has_seen_the_events_before_it_and_no_other(unit):
    torch.manual_seed(0)
    choice = Choice(1e-3, 0.0, 16, unit)
    for network in (Sasrec(choice, 9, 2).eval(), Joint(choice, 9, 2, 5).eval()):
        events = sequence(2, 6, 16, 5)
        before, _, _ = network.history(events)
        events.fused[:, 3] *= -1.0
        events.query[:, 4] += 1.0
        after, _, _ = network.history(events)
        same = torch.isclose(before, after, atol=1e-6).all(dim=-1)
        assert same[:, :4].all() and not same[:, 5].any()
        if isinstance(network, Sasrec):
            assert not same[:, 4].any()


def test_only_the_head_of_search_reads_the_query():
    torch.manual_seed(0)
    network = Joint(Choice(1e-3, 0.0, 16), 9, 2, 5).eval()
    events = sequence(4, 6, 16, 5)
    before, _, _ = network.history(events)
    events.query.add_(1.0)
    changed = ~torch.isclose(before, network.history(events)[0], atol=1e-6).all(dim=-1)
    assert (changed == (events.task == 1)).all()


def test_sasrec_learns_what_comes_next(chains, monkeypatch):
    monkeypatch.setattr(neural, "CHOICES", (Choice(3e-3, 0.1, 32), Choice(3e-3, 0.1, 32, unit=False)))
    scorer, told = neural.tuned_sasrec(chains, Settings(), 0)
    places = chains.targets("recommend", TEST)
    ranks = baselines.ranks(chains, places, scorer)["history_excluded"]
    assert (ranks == 0).mean() > 0.8 and told["epochs"] in (10, 40)


def test_both_are_baselines_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(neural, "CHOICES", (Choice(5e-3, 0.1, 32),))
    data = load(tiny.write_data(tmp_path / "data"))
    encoder = tiny.write_encoder(tmp_path / "encoder")
    settings = Settings.model_validate({"text": {"folder": str(encoder), "width": 32}, "training": {"epochs": 100}})
    setting = baselines.Setting(cache=tmp_path, settings=settings)
    figures = evaluate(data, setting, ("popularity", "sasrec", "joint"))
    assert set(figures["recommend"]) == {"popularity", "sasrec", "joint"}
    assert set(figures["search"]) == {"popularity", "joint"}
    # A query is a word of six or ten of sixty titles; without it there would be half of the shop to choose from.
    assert figures["search"]["joint"]["default"]["recall@10"] > 0.5
    assert not set(baselines.FAST) & {"sasrec", "joint"}


def test_a_setting_that_diverges_is_not_chosen(chains, monkeypatch):
    monkeypatch.setattr(neural, "CHOICES", (Choice(1e30, 0.1, 32), Choice(3e-3, 0.1, 32)))
    short = Settings.model_validate({"training": {"epochs": 4}})
    assert neural.tuned_sasrec(chains, short, 0)[1]["learning_rate"] == 3e-3
    monkeypatch.setattr(neural, "CHOICES", (Choice(1e30, 0.1, 32),))
    with pytest.raises(FloatingPointError, match="every setting"):
        neural.tuned_sasrec(chains, short, 0)


def test_the_command_trains_on_the_device_that_it_is_told(chains, tmp_path, monkeypatch):
    monkeypatch.setattr("gensr_models.cli.train.keep_memory", lambda: None)
    monkeypatch.setattr(neural, "CHOICES", (Choice(3e-3, 0.1, 32),))
    used = []

    class Watched(Trainer):
        def run(self, tick, log):
            used.append(self.device)
            super().run(tick, log)

    monkeypatch.setattr(neural, "Trainer", Watched)
    settings = tmp_path / "settings.yaml"
    settings.write_text("training: {epochs: 2}")
    command = ["evaluate", str(tmp_path), "--config", str(settings), "--baselines", "sasrec", "--device"]
    done = CliRunner().invoke(cli.app, [*command, "cpu:0"])
    assert done.exit_code == 0 and used == [torch.device("cpu:0")] * 2, done.output
    done = CliRunner().invoke(cli.app, [*command, "nonsense"])
    assert done.exit_code == 1 and "--device nonsense" in done.output
    # Its parts are not shared out: each of several processes would do and print all of it.
    done = CliRunner().invoke(cli.app, [*command, "cpu"], env={"WORLD_SIZE": "2", "RANK": "1"})
    assert done.exit_code == 1 and "2 were started" in done.output and len(used) == 2


def test_without_training_events_there_is_nothing_to_train(write):
    quiet = load(write(items=[["item_id", "title"], ["a", "b"]]))
    assert neural.tuned_sasrec(quiet, Settings(), 0) is None
