"""Derived data sets: nothing of what is asked was there to learn from."""

import pytest
from typer.testing import CliRunner

from gensr_models.cli import app
from gensr_models.convert import derive
from gensr_models.data import TEST, TRAIN, VALID, load


@pytest.fixture
def folder(write):
    rows = [["user_id", "timestamp", "kind", "query", "item_id", "split"]]
    for user in range(30):
        for step in range(8):
            item, split = (7 * user + 3 * step) % 20, "valid" if step == 6 else "test" if step == 7 else "train"
            search = step % 2 == 1
            query = f"new {user}" if split == "test" and user < 5 else f"q{item % 4}"
            kind = "search" if search else "view"
            rows.append([f"u{user}", step, kind, query if search else "", f"i{item}", split])
        rows.append([f"u{user}", 9, "search", "again", rows[-3][4], "train"])  # the item of step 5, another query
    items = [["item_id", "title"], *([f"i{n}", f"item {n}"] for n in range(20))]
    return write(items=items, events=rows)


def rows_of(data, split):
    e = data.events
    places = [p for p in range(len(e)) if split is None or e.split[p] == split]
    return [(int(e.user[p]), int(e.item[p]), data.kinds[e.kind[p]].name, int(e.query[p])) for p in places]


def test_withheld_items_are_asked_for_and_nowhere_else(folder, tmp_path):
    source, out = load(folder), tmp_path / "withheld"
    derive.write(source, folder, derive.withhold_items(source, 0.25, 3), out)
    found = load(out)
    asked = rows_of(found, TEST)
    withheld = {item for _, item, _, _ in asked}
    assert len(withheld) <= 5 and asked and all(kind == "search" for _, _, kind, _ in asked)
    learned = rows_of(found, TRAIN) + rows_of(found, VALID)
    assert not withheld & {item for _, item, _, _ in learned}
    # One question for each user and item, of those that the source has.
    assert len({(user, item) for user, item, _, _ in asked}) == len(asked)
    there = {(u, i) for u, i, kind, _ in rows_of(source, None) if kind == "search" and i in withheld}
    assert {(user, item) for user, item, _, _ in asked} == there
    events = found.events
    for user in range(events.users):
        own = events.split[events.user_offsets[user] : events.user_offsets[user + 1]] == TEST
        assert (own[:-1] <= own[1:]).all()  # test events stand at the end
    again = derive.withhold_items(source, 0.25, 3), derive.withhold_items(source, 0.25, 4)
    assert (again[0][0] == derive.withhold_items(source, 0.25, 3)[0]).all()
    assert len(again[0][0]) != len(again[1][0]) or (again[0][0] != again[1][0]).any()


def test_withheld_users_are_asked_everything_and_teach_nothing(folder, tmp_path):
    source, out = load(folder), tmp_path / "strangers"
    derive.write(source, folder, derive.withhold_users(source, 0.4, 3), out)
    found = load(out)
    names = {split: {found.events.user_ids[u] for u, *_ in rows_of(found, split)} for split in (TRAIN, VALID, TEST)}
    known, tuned, asked = names[TRAIN], names[VALID] - names[TRAIN], names[TEST]
    assert (len(known), len(tuned), len(asked)) == (18, 6, 6)
    assert not asked & (known | names[VALID])

    def events(data, user):
        own = data.events.user_ids.index(user)
        return [item for u, item, *_ in rows_of(data, None) if u == own]

    for user in tuned | asked:
        # Each item once, with its first event, in order.
        assert events(found, user) == list(dict.fromkeys(events(source, user)))
    for split in (TRAIN, VALID):
        kept = [row for row in rows_of(source, split) if source.events.user_ids[row[0]] in known]
        assert len([row for row in rows_of(found, split) if found.events.user_ids[row[0]] in known]) == len(kept)
    both = ["--withhold-users", ".1", "--withhold-items", ".1"]
    assert CliRunner().invoke(app, ["derive", str(folder), "--out", str(tmp_path / "both"), *both]).exit_code == 1


def test_only_queries_that_training_lacks_are_asked(folder, tmp_path):
    done = CliRunner().invoke(app, ["derive", str(folder), "--out", str(tmp_path / "new"), "--unseen-queries"])
    assert done.exit_code == 0, done.output
    source, found = load(folder), load(tmp_path / "new")
    asked = [query for *_, query in rows_of(found, TEST)]
    assert sorted(found.queries[q] for q in asked) == [f"new {user}" for user in range(5)]
    assert len(rows_of(found, TRAIN)) == len(rows_of(source, TRAIN))
    derive.write(source, folder, derive.unseen_queries(source, alone=True), tmp_path / "alone")
    alone = load(tmp_path / "alone")
    assert rows_of(alone, TRAIN) == rows_of(alone, VALID) == [] and len(rows_of(alone, TEST)) == 5


def test_a_shop_that_nobody_used_is_asked_all_searches(folder, tmp_path):
    done = CliRunner().invoke(app, ["derive", str(folder), "--out", str(tmp_path / "new"), "--alone"])
    assert done.exit_code == 0, done.output
    source, found = load(folder), load(tmp_path / "new")
    assert not rows_of(found, TRAIN)
    for split in (VALID, TEST):
        assert [kind for _, _, kind, _ in rows_of(found, split)] == ["search"] * len(source.targets("search", split))


@pytest.mark.parametrize(
    "arguments",
    [[], ["--withhold-items", "0.5", "--alone"], ["--withhold-items", "0.5", "--unseen-queries"]],
)
def test_one_question_has_to_be_chosen(folder, tmp_path, arguments):
    done = CliRunner().invoke(app, ["derive", str(folder), "--out", str(tmp_path / "new"), *arguments])
    assert done.exit_code == 1 and not (tmp_path / "new").exists()


def test_nothing_is_overwritten_and_nothing_asked_is_an_error(folder, write, tmp_path):
    done = CliRunner().invoke(app, ["derive", str(folder), "--out", str(tmp_path), "--withhold-items", "0.5"])
    assert done.exit_code == 1 and "is there already" in done.output
    items = [["item_id", "title"], ["a", "a"], ["b", "b"]]
    events = [["user_id", "timestamp", "kind", "query", "item_id", "split"], ["u", 0, "view", "", "a", "train"]]
    other = load(write(items=items, events=events))
    with pytest.raises(ValueError, match="no test event"):
        derive.withhold_items(other, 0.5, 0)
