import json
import re
from collections import Counter, defaultdict

import numpy as np
import pytest

from gensr_models import baselines
from gensr_models.data import TEST, TRAIN, VALID, load
from gensr_models.data.statistics import order_informative, repeat_rate, timestamps_informative
from gensr_models.demo import generate
from gensr_models.demo.catalogue import products, words

USERS = 600


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo")
    generate(out, seed=7, users=USERS)
    return out


@pytest.fixture(scope="module")
def data(folder):
    return load(folder)


@pytest.fixture(scope="module")
def ambiguous(folder):
    return json.loads((folder / "ambiguous.json").read_text())["queries"]


def kind_of(data, item):
    return data.catalogue.categories[item][1]


def test_the_same_seed_gives_the_same_files(tmp_path):
    names = ("items.csv", "events.csv", "ambiguous.json")
    for out, seed in (("a", 3), ("b", 3), ("c", 4)):
        generate(tmp_path / out, seed=seed, users=20)
    files = {out: [(tmp_path / out / name).read_bytes() for name in names] for out in "abc"}
    assert files["a"] == files["b"]
    assert all(one != other for one, other in zip(files["a"], files["c"], strict=True))


def test_items_do_not_depend_on_the_number_of_users(folder, tmp_path):
    generate(tmp_path, seed=7, users=1)
    for name in ("items.csv", "ambiguous.json"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_items_are_believable(data):
    catalogue = data.catalogue
    assert 4000 <= len(catalogue) <= 6000
    assert len(set(catalogue.titles)) == len(catalogue)
    assert len(set(catalogue.texts)) > 0.95 * len(catalogue)
    for text in catalogue.texts:
        assert re.fullmatch(r"[A-Z][^{}]*\.", text), text
        assert "  " not in text and not re.search(r"\ba [aeio]", text.lower()), text
    types = {name: column.type for name, column in catalogue.attributes.items()}
    assert types == {
        "brand": "string",
        "price": "number",
        "rating": "number",
        "colour": "string",
        "activities": "set",
        "released": "date",
        "in_stock": "bool",
    }
    assert all(column.missing() == 0 for column in catalogue.attributes.values())
    assert catalogue.attributes["price"].values.min() > 0
    assert catalogue.attributes["rating"].values.max() <= 5


def test_vocabulary_is_small(data):
    catalogue = data.catalogue
    texts = [*catalogue.titles, *catalogue.texts, *data.queries, *(" ".join(names) for names in catalogue.categories)]
    assert len({word for text in texts for word in re.findall(r"\w+", text.lower())}) < 6000


def test_every_event_is_valid_and_the_split_gives_nothing_away(data):
    assert data.warnings == []
    events = data.events
    assert events.users == USERS
    assert timestamps_informative(data)
    for task in ("recommend", "search"):
        assert repeat_rate(data, task, VALID) == repeat_rate(data, task, TEST) == 0
        for split in (VALID, TEST):
            assert events.user[data.targets(task, split)].tolist() == list(range(USERS))
    held_out = np.flatnonzero(events.split != TRAIN)
    seen = Counter(zip(events.user.tolist(), events.item.tolist(), strict=True))
    assert all(seen[int(events.user[place]), int(events.item[place])] == 1 for place in held_out)
    for user in range(USERS):
        split = events.split[events.user_offsets[user] : events.user_offsets[user + 1]]
        assert split[-4:].tolist() == [VALID, VALID, TEST, TEST] and (split[:-4] == TRAIN).all()
        times = events.timestamp[events.user_offsets[user] : events.user_offsets[user + 1]]
        assert (np.diff(times) > 0).all()


def test_popularity_is_skewed_and_order_matters(data):
    counts = np.sort(np.bincount(data.events.item, minlength=len(data.catalogue)))[::-1]
    assert counts[: len(counts) // 10].sum() > 0.3 * counts.sum()
    assert order_informative(data, "recommend").informative


def test_ambiguous_queries_are_ambiguous(data, ambiguous):
    catalogue = data.catalogue
    rows = {item: row for row, item in enumerate(catalogue.ids)}
    activities = [set(catalogue.attributes["activities"].get(row)) for row in range(len(catalogue))]
    assert len(ambiguous) >= 30 and len({one["query"] for one in ambiguous}) == len(ambiguous)
    for one in ambiguous:
        matching = [row for row in range(len(catalogue)) if kind_of(data, row) == one["type"]]
        assert all(one["type"] in catalogue.titles[row].lower().split() for row in matching)
        fitting = {}
        for taste, about in one["tastes"].items():
            assert about["fits"]["attribute"] == "activities"
            fitting[taste] = {row for row in matching if about["fits"]["contains"] in activities[row]}
            assert len(fitting[taste]) == about["fitting_items"] >= 20
            for history in about["histories"]:
                assert len(history) == len(set(history)) >= 6
                for item in history:
                    assert activities[rows[item]] == {taste}
                    assert kind_of(data, rows[item]) != one["type"]
        assert len(one["tastes"]) >= 2 and one["opposites"]
        for first, second in one["opposites"]:
            shared = len(fitting[first] & fitting[second])
            assert shared <= 0.1 * min(len(fitting[first]), len(fitting[second]))
        assert one["query"].split()[-1] == one["type"]


def test_taste_decides_what_an_ambiguous_query_means(data):
    """Searchers of one thing want different ones, and what they had before says which."""
    events, activities = data.events, data.catalogue.attributes["activities"]
    kinds = defaultdict(set)
    own, other = [], []
    for place in np.concatenate([data.targets("search", split) for split in (TRAIN, VALID, TEST)]):
        query, item = data.queries[events.query[place]], int(events.item[place])
        if query not in products():
            continue
        kinds[query].update(activities.get(item)[:1])
        history = events.item[events.user_offsets[events.user[place]] : place]
        past = Counter(name for row in history for name in activities.get(int(row)))
        if len(history) >= 5 and len(products()[query]["for"]) > 1:
            mine = past.most_common(1)[0][0]
            fits = [mine in activities.get(row) for row in range(len(data.catalogue)) if kind_of(data, row) == query]
            if any(fits):
                own.append(mine in activities.get(item))
                other.append(np.mean(fits))
    assert np.mean([len(found) > 1 for query, found in kinds.items() if len(products()[query]["for"]) > 2]) > 0.6
    assert len(own) > 100 and np.mean(own) > np.mean(other) + 0.3


def test_texts_help_and_leave_room(data, tmp_path):
    figures = baselines.evaluate(data, baselines.Setting(cache=tmp_path), ("popularity", "bm25"))
    bm25, popular = (figures["search"][name]["default"]["ndcg@10"] for name in ("bm25", "popularity"))
    assert 0.1 < bm25 < 0.35
    assert popular < 0.05 and figures["recommend"]["popularity"]["default"]["ndcg@10"] < 0.05


def test_word_lists_fit_together():
    vocabulary, things = words(), products()
    for name, activity in vocabulary["activities"].items():
        assert all(name in things[kind]["for"] for kind in activity["kit"]), name
        assert set(activity["near"]) < set(vocabulary["activities"])
    for kind, thing in things.items():
        assert set(thing["for"]) <= set(vocabulary["activities"]), kind
        assert set(thing["style"]) <= set(vocabulary["qualities"]), kind
        assert len(vocabulary["features"][thing["group"]]) >= 2
        assert set(thing["style"]).isdisjoint(thing["also"])
    for level, *known in vocabulary["brands"].values():
        assert level in (1, 2, 3) and set(known) < set(vocabulary["activities"])
    assert len(set(vocabulary["models"])) == len(vocabulary["models"])
