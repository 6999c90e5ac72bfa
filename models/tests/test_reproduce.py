"""One command from published files to figures: the paper's protocol on invented rows in KuaiSAR's layout."""

import json
import os
import subprocess
import sys

import published
import pytest
import tiny
import torch
from typer.testing import CliRunner

from gensr_models import build, cli, convert, engine
from gensr_models.data import load


def test_one_command_converts_builds_and_evaluates(tmp_path):
    source = published.kuaisar_of_tastes(tmp_path / "in", users=60)
    settings = tmp_path / "settings.json"
    text = {"encoder": "static", "folder": str(tiny.write_encoder(tmp_path / "encoder"))}
    settings.write_text(json.dumps({"text": text, "training": {"epochs": 3, "batch_events": 256}}))
    out = tmp_path / "out"

    command = [sys.executable, "-m", "gensr_models.cli", "reproduce", "kuaisar", source, out, "--config", settings]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(map(str, command), check=False, capture_output=True, text=True, env=one_thread, timeout=300)
    assert done.returncode == 0, done.stderr
    figures = json.loads((out / "figures.json").read_text())
    assert figures == json.loads(done.stdout) and figures["meta"]["pack"]["name"] == "kuaisar"
    data = load(out / "kuaisar")
    for task in ("recommend", "search"):
        asked, sampled = data.targets(task, 2), figures[task]["sampled"]
        assert sampled["events"] == len(asked) > 20 and data.candidates[task].negatives.shape[1] == 99
        assert {"hr@5", "ndcg@5", "hr@10", "ndcg@10"} <= sampled.keys()
    assert figures["meta"]["wanted_not_in_pack"] == 0
    # Word ids are words: each query names one caption's own, which a hundred drawn items do not have.
    assert figures["search"]["sampled"]["hr@5"] > 0.9
    # A second run goes on with these data, and refuses others.
    assert convert.is_made("kuaisar", convert.options("kuaisar", "gensr"), out / "kuaisar")
    with pytest.raises(FileExistsError, match="was made otherwise"):
        convert.is_made("kuaisar", convert.options("kuaisar", "gensr", seed=1), out / "kuaisar")


def test_it_trains_on_the_device_that_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("gensr_models.cli.datasets.keep_memory", lambda: None)
    monkeypatch.setattr(engine, "call", lambda *_: "{}")
    monkeypatch.setattr(engine, "engine_binary", lambda: None)
    used = []
    monkeypatch.setattr(build, "build", lambda *given: used.append(given[-1]))
    source = published.kuaisar_of_tastes(tmp_path / "in", users=60)
    command = ["reproduce", "kuaisar", str(source), str(tmp_path / "out"), "--device"]
    done = CliRunner().invoke(cli.app, [*command, "nonsense"])
    assert done.exit_code == 1 and "--device nonsense" in done.output and not (tmp_path / "out").exists()
    done = CliRunner().invoke(cli.app, [*command, "cpu:0"])
    assert done.exit_code == 0, done.output
    assert [(one.device, one.count) for one in used] == [(torch.device("cpu:0"), 1)]
