"""`gensr-models convert`: what it says is wrong, and that it overwrites nothing."""

import json

import published
from published import MIDNIGHT, rec
from typer.testing import CliRunner

from gensr_models.cli import app


def test_the_command_says_what_is_wrong_and_overwrites_nothing(tmp_path):
    source = published.kuaisar(tmp_path / "in", [rec(1, 7, MIDNIGHT), rec(1, 8, "soon")], [], [])

    def run(*arguments):
        done = CliRunner().invoke(app, ["convert", *map(str, arguments)])
        return done.exit_code, " ".join(done.output.split())

    code, text = run("kuaisar", source, tmp_path / "out")
    assert code == 1 and "rec_inter.csv, row 3, column timestamp: 'soon.0' is not a number" in text
    code, text = run("kuaisar", source, tmp_path / "out", "--skip-bad-rows", "--candidates", 0)
    assert code == 0 and json.loads(text[text.index("{") :])["recommend events, train"] == 1
    assert run("kuaisar", source, tmp_path / "out")[0] == 1
    for wrong in (["--split", "time:0d"], ["--split", "some"], ["--k-core", "9"], ["--protocol", "other"]):
        code, text = run("kuaisar", source, tmp_path / "new", "--skip-bad-rows", *wrong)
        assert code == 1 and "error" in text and not (tmp_path / "new").exists(), wrong
    assert run("movielens", source, tmp_path / "new", "--protocol", "gensr")[0] == 1
    assert run("parquet", source, tmp_path / "new")[0] == 1
    code, text = run("kuaisar", source, tmp_path / "new", "--skip-bad-rows", "--split", "given")
    assert code == 1 and "have no split" in text
