"""`gensr-models settings`: what it prints are the defaults, and a build takes them."""

import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from gensr_models.cli import app
from gensr_models.config.settings import Settings, SettingsError, commented
from gensr_models.data import DEFAULT_KINDS, DataSettings
from gensr_models.data.kinds import UNLISTED_STRENGTH
from gensr_models.data.tables import EXTENSIONS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tables.md"


def test_what_is_printed_is_read_and_is_the_default(tmp_path, write, monkeypatch):
    monkeypatch.setattr("gensr_models.cli.train.keep_memory", lambda: None)
    printed = CliRunner().invoke(app, ["settings"])
    assert printed.exit_code == 0 and printed.output == commented()
    path = tmp_path / "settings.yaml"
    path.write_text(printed.output, encoding="utf-8")
    assert Settings.load(path) == Settings()
    # Nothing is left out, and every line says what it is.
    assert yaml.safe_load(printed.output) == Settings().model_dump(mode="json")
    assert all("#" in line for line in printed.output.splitlines())
    folder = write(items=[["item_id", "title"], ["a", "Tent"]])
    done = CliRunner().invoke(app, ["build", str(folder), "--dry-run", "--config", str(path)])
    assert done.exit_code == 0, done.output


def test_comments_say_bounds_choices_and_the_kinds_that_need_no_setting(tmp_path):
    lines = {line.split(":")[0].strip(): line for line in commented().splitlines()}
    assert "at least 64" in lines["dim"] and "at most 512" in lines["dim"] and "a multiple of 64" in lines["dim"]
    assert "one of minilm, static" in lines["encoder"] and "one of fp16, fp32" in lines["variants"]
    assert "one of string, set, number, date, bool" in lines["attributes"]
    # The kinds stand there as they would be set: uncommented they change nothing.
    said = [line.strip() for line in commented().splitlines() if line.strip().startswith("#   ")]
    kinds = yaml.safe_load("\n".join(line.removeprefix("#   ") for line in said))
    assert DataSettings.model_validate({"kinds": kinds}).kinds.keys() == {kind.name for kind in DEFAULT_KINDS}
    for kind in DEFAULT_KINDS:
        assert kinds[kind.name] == {"task": kind.task, "sign": kind.sign, "strength": kind.strength}


def test_the_page_about_tables_says_what_names_mean_and_its_example_is_read(tmp_path):
    page = PAGE.read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("| ")
    ]
    said = {}
    for names, task, sign, strength in (
        row for row in rows if len(row) == 4 and row[1] in ("recommend", "search", "none")
    ):
        said |= dict.fromkeys(re.findall("`([a-z]+)`", names) or ["other"], (task, int(sign), float(strength)))
    expected = {kind.name: (kind.task, kind.sign, kind.strength) for kind in DEFAULT_KINDS}
    assert said == expected | {"other": ("recommend", 1, UNLISTED_STRENGTH)}
    path = tmp_path / "settings.yaml"
    path.write_text(re.search("```yaml\n(.*?)```", page, re.DOTALL)[1], encoding="utf-8")
    assert {"purchase", "view", "return"} == Settings.load(path).data.kinds.keys()
    for extension in EXTENSIONS:
        assert f"`{extension[1:]}`" in page


def test_a_wrong_setting_is_named(tmp_path):
    path = tmp_path / "settings.yaml"
    path.write_text("training: {epoch: 2}\nmodel: {dim: 65}\n")
    with pytest.raises(SettingsError, match=r"model\.dim: .*multiple of 64; training\.epoch: Extra inputs"):
        Settings.load(path)
    path.write_text("data: {kinds: {view: {sign: 0}}}\n")  # neither liked nor disliked there is not
    with pytest.raises(SettingsError, match=r"data\.kinds\.view\.sign: Input should be 1 or -1"):
        Settings.load(path)
