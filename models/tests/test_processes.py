"""Training in two processes is training in one: curve, parameters, checkpoints; killed and started again as well."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import tiny
import torch
import training_run

from gensr_models.data import load
from gensr_models.training.batches import TrainingWindows
from gensr_models.training.event_table import event_table
from gensr_models.training.processes import Processes, chosen_device

PORT = 29_400 + os.getpid() % 500


LAUNCHERS = {
    "torchrun": ["torch.distributed.run", "--nproc-per-node", "2", "--master-port", PORT],
    "accelerate": [
        *("accelerate.commands.launch", "--cpu", "--num_processes", "2", "--num_machines", "1"),
        *("--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", PORT + 1),
    ],
}


def launch(launcher: str, *arguments):
    """Runs two processes as the launcher's command does, which is all that sets their environment."""
    environment = {k: v for k, v in os.environ.items() if k not in ("RANK", "LOCAL_RANK", "WORLD_SIZE")}
    command = [sys.executable, "-m", *LAUNCHERS[launcher], *arguments]
    process = subprocess.Popen(
        [str(part) for part in command],
        env=environment | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        out, _ = process.communicate(timeout=200)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    assert process.returncode == 0, out


def launched(processes: int, *arguments, wait: bool = True, **options):
    """Starts processes with the environment that a launcher gives them, but so that a test can end them."""
    started = []
    for rank in range(processes):
        environment = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": processes, "MASTER_PORT": PORT}
        environment = {k: str(v) for k, v in environment.items()} | {"MASTER_ADDR": "127.0.0.1", "OMP_NUM_THREADS": "1"}
        started.append(
            subprocess.Popen(
                [sys.executable, *map(str, arguments)],
                env=os.environ | environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
                **options,
            )
        )
    if not wait:
        return started
    for process in started:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, out + err
    return started


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return tiny.write_data(tmp_path_factory.mktemp("shop") / "data")


@pytest.fixture(scope="module")
def alone(shop):
    return training_run.run(shop, None, Processes())


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_two_processes_train_as_one(shop, alone, tmp_path, launcher):
    """Nothing is drawn in the network here, so that only the order of sums differs: float32, five epochs."""
    launch(launcher, training_run.__file__, shop, tmp_path)
    curve, parameters = torch.load(tmp_path / "result.pt", weights_only=True)
    assert len(curve) == len(alone[0]) == training_run.EPOCHS
    for together, single in zip(curve, alone[0], strict=True):
        assert together["loss"] == pytest.approx(single["loss"], abs=1.1e-4)  # the curve has four digits
        for task in ("recommend", "search"):
            assert together[f"valid_ndcg@10_{task}"] == pytest.approx(single[f"valid_ndcg@10_{task}"], abs=1e-3)
    for name, value in alone[1].items():
        found = parameters[name]
        if name.endswith("qkv.bias"):
            # A bias of all keys changes no softmax: its gradient is nothing but rounding, which Adam makes large.
            (queries, _, values), (found_queries, _, found_values) = value.chunk(3), found.chunk(3)
            torch.testing.assert_close(found_queries, queries, atol=1e-5, rtol=1e-5, msg=name)
            torch.testing.assert_close(found_values, values, atol=1e-5, rtol=1e-5, msg=name)
        else:
            torch.testing.assert_close(found, value, atol=1e-5, rtol=1e-5, msg=name)


def test_gradients_of_two_processes_are_those_of_one(shop, tmp_path):
    """Before Adam blows differences of rounding up: the first step's loss and gradients, to 1e-6."""
    launched(2, training_run.__file__, shop, tmp_path, "gradients")
    loss, gradients = torch.load(tmp_path / "gradients.pt", weights_only=True)
    single_loss, single = training_run.gradients(shop, Processes())
    assert loss == pytest.approx(single_loss, abs=1e-5)
    assert max(float(g.abs().max()) for g in single.values()) > 1e-3
    for name, value in single.items():
        torch.testing.assert_close(gradients[name], value, atol=1e-6, rtol=1e-4, msg=name)


def windows_of(batch):
    return [tuple(row[w > 0].tolist()) for row, w in zip(batch.item, batch.weight, strict=True)]


def test_shares_of_a_batch_are_the_batch(shop):
    events = event_table(load(shop))
    windows = TrainingWindows(events, training_run.RULES, True, 64)
    count, whole = windows.epoch(7)
    parts = [windows.epoch(7, rank, 5)[1] for rank in range(5)]
    for batch, *shares in zip(whole, *parts, strict=True):
        assert batch.share == 1.0
        assert sum(part.share for part in shares) == pytest.approx(1.0)
        weight = sum(float(part.weight.sum()) for part in shares if part.share)
        assert weight == float(batch.weight.sum())
        for part in shares:
            assert part.share == pytest.approx(float(part.weight.sum()) / weight) or part.share == 0
        rows = [row for part in shares if part.share for row in windows_of(part)]
        assert sorted(rows) == sorted(windows_of(batch))
    assert count > 10


def test_a_build_in_two_processes_is_killed_and_goes_on(shop, tmp_path):
    settings = tiny.write_settings(tmp_path / "settings.yaml", None, 12)
    content = json.loads(settings.read_text())
    content["text"] |= {"folder": str(tiny.write_encoder(tmp_path / "encoder"))}
    settings.write_text(json.dumps(content))
    out = tmp_path / "both.gensr"
    command = ["-m", "gensr_models.cli", "build", shop, "--out", out, "--config", settings]
    log = tmp_path / "both.gensr.run" / "log.txt"
    started = launched(2, *command, wait=False)
    deadline = time.monotonic() + 120
    while not (log.exists() and log.read_text().count('"epoch"') >= 3):
        assert time.monotonic() < deadline and started[0].poll() is None, started[0].communicate()
        time.sleep(0.02)
    for process in started:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert not out.exists()
    launch("torchrun", *command)  # -m gensr_models.cli build, as docs/training.md says
    text = log.read_text()
    assert "training in 2 processes" in text and "going on after epoch" in text
    report = json.loads((tmp_path / "both.gensr.run" / "report.json").read_text())
    assert [row["epoch"] for row in report["curve"]] == list(range(1, 13))
    assert [path.name for path in tmp_path.glob("*.gensr")] == ["both.gensr"]


def test_a_device_that_is_not_there_is_said_so():
    assert chosen_device("cpu") == torch.device("cpu")
    with pytest.raises(ValueError, match="--device nonsense"):
        chosen_device("nonsense")
    if not torch.cuda.is_available():
        assert chosen_device("auto") == torch.device("cpu")
        with pytest.raises(ValueError, match="no GPU"):
            chosen_device("cuda")
