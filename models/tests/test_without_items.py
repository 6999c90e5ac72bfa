"""A pack without some of its items answers as before, without them."""

import json
from pathlib import Path

import numpy as np

from gensr_models.engine import call
from gensr_models.pack.format import Pack, write_pack
from gensr_models.pack.without_items import without

DEMO = Path(__file__).resolve().parents[1] / "demo" / "demo.gensr"


def test_the_others_are_ranked_as_they_were(tmp_path):
    pack = Pack.read(DEMO)
    ids = pack.strings("items.id")
    kept = np.random.default_rng(1).random(len(ids)) < 0.9
    out = tmp_path / "fewer.gensr"
    write_pack(out, *without(pack, kept))
    call("verify", out)
    gone = {item for item, keep in zip(ids, kept, strict=True) if not keep}
    history = ",".join(item for item, keep in zip(ids[:40], kept, strict=False) if keep)
    for asked in (("search", "tent"), ("search", "shell", "--history", history), ("recommend", "--history", history)):
        command, *rest = asked
        before, after = (
            json.loads(call(command, path, *rest, "--limit", 60, "--json"))["hits"] for path in (DEMO, out)
        )
        wanted = {hit["id"]: hit["score"] for hit in before if hit["id"] not in gone}
        found = {hit["id"]: hit["score"] for hit in after}
        assert len(wanted) < 60 and set(wanted) <= set(found)
        if command == "recommend":
            # The title bonus of a search depends on all scores.
            assert all(abs(found[item] - score) < 1e-3 for item, score in wanted.items())
    filtered = json.loads(call("recommend", out, "--filter", "in_stock = true", "--facet", "brand", "--json"))
    assert not {hit["id"] for hit in filtered["hits"]} & gone
