"""Instruction tuning: texts and phrases, the prompt that is told something, and the stage that trains nothing else."""

import json
from itertools import pairwise

import numpy as np
import pytest
import torch

from gensr_models.config.settings import SettingsError
from gensr_models.data import Catalogue, load
from gensr_models.data.attributes import encode
from gensr_models.export.graphs import export_decoder, quantise
from gensr_models.instructions import nothing
from gensr_models.instructions.nothing import Nothing, names_and_searches
from gensr_models.instructions.phrases import names, phrases
from gensr_models.instructions.pool import Pool, draw, words_of
from gensr_models.instructions.sayings import Texts, sentences_of, spoken, words_said
from gensr_models.instructions.teaching import Recipe, train
from gensr_models.model import ItemTable, Network, Sequence, Shape, Words
from gensr_models.model.network import Instruction
from gensr_models.quality.reference import session
from gensr_models.training.batches import EventTable, Windowing
from gensr_models.training.objective import Model
from gensr_models.training.queries import QueryTable
from gensr_models.training.ranks import ranks_of

ITEMS, USERS, COLOURS = 60, 80, 6
SHAPE = Shape(dim=64, semantic_dim=16, layers=2, heads=2, window=12, text_dim=0, kinds=1, buckets=8, dropout=0.1)
RULES = Windowing(window=12, slide=4, dedupe=True, time_informative=False, buckets=8)


def model_and_events() -> tuple[Model, EventTable]:
    """An untrained network, items whose only word is their colour, and users who choose at random."""
    torch.manual_seed(2)
    bag = Words(np.arange(ITEMS + 1), np.arange(ITEMS) % COLOURS).mean_matrix(COLOURS)
    items = ItemTable(torch.zeros(ITEMS, 0), bag, 64, 16, torch.randn(COLOURS, 64) * 0.3)
    queries = QueryTable(torch.zeros(0, 0), Words(np.zeros(1, np.int64), np.zeros(0, np.int64)).mean_matrix(COLOURS))
    model = Model(items, Network(SHAPE), queries).eval()
    rng = np.random.default_rng(3)
    item = np.concatenate([rng.choice(ITEMS, 8, replace=False) for _ in range(USERS)])
    nothing = np.zeros(len(item), np.int64)
    split = np.tile([0] * 6 + [1] * 2, USERS)
    offsets = np.arange(USERS + 1) * 8
    events = EventTable(offsets, item, nothing, nothing + 1, nothing == 0, nothing - 1, nothing, split)
    return model, events


def instructed(network: Network, seed: int = 1) -> Network:
    torch.manual_seed(seed)
    network.instruction = Instruction(network.shape)
    return network.eval()


def test_nothing_said_is_nothing_to_the_bit():
    network = instructed(Network(SHAPE))
    assert not network.instruction(torch.zeros(3, 64)).any()
    query, state = torch.randn(5, 64), torch.randn(2, 2, 2, 8, 32)
    task, gap = torch.tensor([0, 1, 0, 1, 0]), torch.arange(5)
    with torch.inference_mode():
        plain = network.decode(query, task, gap, state)
        assert torch.equal(network.decode(query, task, gap, state, torch.zeros(5, 64)), plain)
        assert not torch.allclose(network.decode(query, task, gap, state, torch.randn(5, 64)), plain, atol=1e-2)


@torch.inference_mode()
def test_a_prompt_after_the_fact_equals_the_prompt_of_the_history():
    network = instructed(Network(SHAPE))
    events = Sequence(
        torch.randn(2, 7, 64), torch.randn(2, 7, 16), torch.randn(2, 7, 64),
        *(torch.randint(2, (2, 7)) for _ in range(3)),
    )  # fmt: skip
    outputs, (_, states), _ = network.history(events)
    again = network.instructed(events, states, torch.zeros(2, 7, 64))
    torch.testing.assert_close(again, outputs, atol=1e-4, rtol=1e-4)
    # With an instruction it is what `decode` says over the state of the events before.
    said = torch.randn(2, 7, 64)
    asked = network.instructed(events, states, network.instruction(said))
    for place in (0, 3, 6):
        state = states[1, :, :, :, : 2 * place]
        one = (x[1, place : place + 1] for x in (events.query, events.task, events.gap))
        alone = network.decode(*one, state, said[1, place : place + 1])[0]
        torch.testing.assert_close(asked[1, place], alone, atol=1e-4, rtol=1e-4)


def test_the_graph_takes_an_instruction_and_zeros_change_no_bit():
    torch.manual_seed(4)
    network = Network(SHAPE).eval()
    rng = np.random.default_rng(5)
    inputs = {
        "query": rng.normal(size=(3, 64)).astype(np.float32),
        "task": np.array([0, 1, 0]),
        "gap": np.array([0, 3, 7]),
        "state": rng.normal(size=(2, 2, 2, 10, 32)).astype(np.float32),
    }
    before = session(quantise(export_decoder(network))).run(None, inputs)[0]
    graph = session(quantise(export_decoder(instructed(network))))
    said = rng.normal(size=(3, 64)).astype(np.float32)
    np.testing.assert_array_equal(graph.run(None, inputs | {"instruction": np.zeros_like(said)})[0], before)
    answer = graph.run(None, inputs | {"instruction": said})[0]
    with torch.inference_mode():
        wanted = network.decode(*(torch.from_numpy(v) for v in (*inputs.values(), said))).numpy()
    cosine = (answer * wanted).sum(1) / np.linalg.norm(answer, axis=1) / np.linalg.norm(wanted, axis=1)
    assert cosine.min() > 0.999
    alone = [graph.run(None, {k: v[i : i + 1] for k, v in inputs.items() if k != "state"}
                       | {"state": inputs["state"], "instruction": said[i : i + 1]})[0] for i in range(3)]  # fmt: skip
    np.testing.assert_array_equal(np.concatenate(alone), answer)


def test_the_stage_learns_wishes_keeps_paraphrases_and_touches_nothing_else():
    model, events = model_and_events()
    # Texts: two paraphrases that say nothing known, and one intent a colour.
    features = torch.cat([torch.randn(2, 64) * 0.05, model.items.words.detach()])
    colour = np.arange(ITEMS) % COLOURS
    fits = [np.flatnonzero(colour == text - 2) for text in range(2 + COLOURS)]
    pool = Pool([str(i) for i in range(8)], [np.array([2 + c]) for c in colour], fits, np.array([0, 1]))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    random = torch.get_rng_state()
    lines: list[str] = []
    recipe = Recipe(steps=60, batch_events=256, dropout=False)
    train(model, events, RULES, True, pool, features, 7, lambda _: None, lines.append, recipe)
    after = model.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert torch.equal(torch.get_rng_state(), random) and not model.training
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert {"step", "intent", "faithful"} == set(json.loads(lines[-1]))

    places = np.flatnonzero(events.split == 1)
    meant = 2 + colour[events.item[places]]
    none = ranks_of(model, events, RULES, places)
    intent = ranks_of(model, events, RULES, places, instruction=features[meant])
    assert 3 * intent.mean() < none.mean()
    other = ranks_of(model, events, RULES, places, instruction=features[2 + (meant - 1) % COLOURS])
    assert other.mean() > none.mean()

    again, _ = model_and_events()
    train(again, events, RULES, True, pool, features, 7, lambda _: None, lines.append, recipe)
    assert torch.equal(again.network.instruction.linear.weight, model.network.instruction.linear.weight)


def test_a_paraphrase_of_the_task_leaves_the_order_as_it_is():
    model, events = model_and_events()
    features = torch.cat([torch.randn(2, 64) * 0.3, model.items.words.detach()])
    colour = np.arange(ITEMS) % COLOURS
    fits = [np.flatnonzero(colour == text - 2) for text in range(2 + COLOURS)]
    pool = Pool([str(i) for i in range(8)], [np.array([2 + c]) for c in colour], fits, np.array([0, 1]))
    places = np.flatnonzero(events.split == 1)
    train(
        model, events, RULES, True, pool, features, 7, lambda _: None, lambda _: None,
        Recipe(steps=120, batch_events=256, dropout=False),
    )  # fmt: skip
    none, said = (
        ranks_of(model, events, RULES, places, instruction=f) for f in (None, features[:1].expand(len(places), -1))
    )
    assert np.corrcoef(none, said)[0, 1] > 0.9


def catalogue() -> Catalogue:
    count = 40
    return Catalogue(
        ids=[str(i) for i in range(count)],
        titles=["Quiet lamp" if i % 4 else "Loud lamp" for i in range(count)],
        texts=["a sentence that names no thing" if i % 5 else "dark ambient, seen live, x" for i in range(count)],
        categories=[["a173", "Garden" if i < 8 else "Kitchen"] for i in range(count)],
        attributes={"brand": encode("string", [["Ayr"] if i < 2 else ["Bell"] if i < 9 else [] for i in range(count)])},
    )  # fmt: skip


def test_phrases_are_what_some_items_share():
    found = phrases(catalogue())
    named = {found.texts[i] for i in np.flatnonzero(found.named)}
    # Ayr has two items, Kitchen too many; a173 is a code, x no word.
    assert named == {"dark ambient", "seen live", "garden", "bell"}
    assert set(found.texts) - named == {"loud"}, "lamp and quiet have too many, other words stand in prose"
    garden = found.texts.index("garden")
    assert found.fitting[garden].tolist() == list(range(8))
    assert all(garden in found.of_items[i] for i in range(8)) and garden not in found.of_items[8]
    assert found.weights(0).sum() == pytest.approx(1)


def test_wishes_name_something_of_their_item_and_held_out_texts_are_never_drawn():
    texts, found = Texts.load(), phrases(catalogue())
    pool = draw(found, texts, seed=1)
    assert pool.texts == draw(found, texts, seed=1).texts
    assert pool.texts != draw(found, texts, seed=2).texts
    for item, own in enumerate(pool.intents):
        words = [found.texts[p] for p in found.of_items[item]]
        assert bool(len(own)) == bool(words)
        assert all(any(word in pool.texts[place] for word in words) for place in own)
    empty = {pool.texts[place] for place in pool.empty}
    plain = [t for t in (*texts.tasks.recommend.train, *texts.tasks.search.train) if "[" not in t]
    assert {*plain} <= empty and len(empty) > 2_000
    held = {*texts.tasks.recommend.held_out, *texts.tasks.search.held_out}
    assert not {t.lower() for t in held} & {t.lower() for t in pool.texts}
    starts = tuple(t.split("{}")[0].lower() for t in texts.intents.held_out if not t.startswith("{}"))
    assert not any(text.lower().startswith(starts) for text in pool.texts)


def test_a_line_stands_for_its_sentences():
    rng = np.random.default_rng(1)
    line = "[|please ]show me [this|that|], [now|then]"
    said = sentences_of([line], rng)
    assert len(said) == len(set(said)) == 12
    assert {"show me this, now", "please show me , then"} <= set(said)
    assert len(sentences_of([line, "one"], rng, most=3)) <= 4
    assert spoken("no brackets", rng) == "no brackets"
    assert words_said("I'd like \u201cSOME\u201d caf\u00e9s, don\u2019t I?") == [
        "id",
        "like",
        "some",
        "cafes",
        "dont",
        "i",
    ]


def test_phrases_of_silent_words_are_none():
    assert "loud" in phrases(catalogue()).texts
    found = phrases(catalogue(), frozenset({"loud", "seen", "live", "dark"}))
    assert set(found.texts) == {"garden", "bell", "dark ambient"}


def test_what_says_nothing_is_told_by_words_or_by_features():
    by_words = Nothing(frozenset({"something", "id", "like"}))
    none = torch.zeros(4, 2)
    texts = ["I'd like something", "I'd like rain", "", "qqzzx something"]
    assert by_words.says(texts, none).tolist() == [True, False, True, False]
    by_words = Nothing(frozenset({"something", "id", "like"}), naming=frozenset({"rain"}), vague=["fog"])
    assert by_words.says(texts, none).tolist() == [True, False, True, True]
    by_features = Nothing(frozenset({"x"}), weights=[1.0, 0.0, -0.5])
    features = torch.tensor([[1.0, 9.0], [0.0, 9.0], [0.5, 0.0]])
    assert by_features.says(["a", "b", "c"], features).tolist() == [True, False, False]
    assert by_features.manifest() == {"silent": ["x"], "nothing": [1.0, 0.0, -0.5]}
    assert by_words.manifest() == {"silent": ["id", "like", "something"], "vague": ["fog"]}


def test_a_word_that_names_nothing_makes_no_intent_without_an_encoder(tmp_path):
    (tmp_path / "items.csv").write_text(
        "item_id,title,text,categories,brand\n"
        "a,Café lamp,a sunny tip,Rooms,Ayr\nb,Røyksopp live,fine light,Halls,\nc,R.E.M.,Łódź,,\nd,東京 ガイド,,,\n"
    )
    (tmp_path / "events.csv").write_text(
        "user_id,timestamp,kind,query,item_id,split\n"
        "u,1,search_click,the glow,a,train\nu,2,search_click,dusk,b,valid\nu,3,view,,a,test\n"
    )
    data, texts = load(tmp_path), ["a fine café", "dusk"]
    words, dictionary, named = words_of(data, texts, names_and_searches(data, ["light"]), tmp_path / "index", 1)
    assert [[dictionary[i] for i in words.ids[s:e]] for s, e in pairwise(words.offsets)] == [["a", "fine", "cafe"], []]
    # As the engine splits words: folded, of any script. What is only searched for where it measures is not known.
    assert {"cafe", "lamp", "royksopp", "live", "rem", "rooms", "glow", "light", "東", "京"} <= named
    found = Nothing.by_words(frozenset({"the", "a"}), dictionary, named)
    assert set(found.vague) == {"sunny", "tip", "fine", "lodz"}
    again = Nothing.of_manifest(found.manifest(), dictionary)
    assert (again.silent, again.naming, again.vague) == (found.silent, found.naming, found.vague)
    said = ["the fine tip", "unheard of", "the Café", "fine glow"]
    assert [found.words_say(text) for text in said] == [True, True, False, False]


def test_the_engine_takes_so_many_vague_words_and_the_build_counts_with_no_more(monkeypatch):
    monkeypatch.setattr(nothing, "MOST_VAGUE", 2)
    found = Nothing.by_words(frozenset({"the"}), ["tip", "fine", "lamp", "mind", "the"], {"lamp"})
    assert (found.vague, found.naming) == (["tip", "fine"], {"lamp", "mind"})


def test_words_that_name_things_in_this_shop_are_not_silent():
    shop = catalogue()
    assert names(shop) == {"garden", "kitchen", "bell", "quiet", "loud", "lamp"}
    texts = Texts.load()
    assert {"show", "watch", "the"} <= texts.silent()
    silent = texts.silent(frozenset({"watch", "the", "lamp"}))
    assert {"show", "the"} <= silent and not {"watch", "lamp"} & silent
    # The engine leaves apostrophes out.
    assert not {"shell", "shed", "hell", "ill", "wed"} & texts.silent()


def test_next_to_no_wish_is_taken_for_nothing():
    rng = np.random.default_rng(5)
    empty = np.arange(2_000) < 500
    centre = np.where(empty[:, None], [3.0, 0.0, 0.0], [0.0, 3.0, 0.0])
    features = torch.from_numpy((centre + rng.normal(size=(2_000, 3))).astype(np.float32))
    *weights, bias = nothing.fit(features, empty)
    found = (features.numpy() @ np.array(weights) + bias) > 0
    assert found[empty].mean() > 0.9
    assert found[~empty].mean() == pytest.approx(nothing.UNHEARD, abs=0.002)
    # The same on features of another scale: weights are of unit variance.
    *scaled, _ = nothing.fit(features * torch.tensor([10.0, 1.0, 0.1]), empty)
    np.testing.assert_allclose(np.array(scaled) * [10, 1, 0.1], weights, rtol=0.02, atol=1e-3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("intents: {train: ['more'], held_out: ['{}']}", "has one {}"),
        ("intents: {train: ['{}'], held_out: []}", "intents.held_out"),
        ("tasks: [", "texts.yaml"),
        ("intents: {train: ['[a|{}]'], held_out: ['x {}']}", "in no brackets"),
        ("intents: {train: ['[a|[b]] {}'], held_out: ['{}']}", "do not close"),
        ("intents: {train: ['[any |]{} [now|then]'], held_out: ['Any {}, then!']}", "is held out, but trained on"),
        ("intents: {train: ['{}'], held_out: ['[show|give] me {}']}", "without brackets"),
        ("intents: {train: ['[|so ]{}'], held_out: ['a {}']}\nanything: [d]", "'d' is held out, but trained on by"),
    ],
)
def test_texts_of_another_language_are_checked(tmp_path, content, said):
    path = tmp_path / "texts.yaml"
    tasks = "anything: [it]\ntasks: {recommend: {train: [a], held_out: [b]}, search: {train: [c], held_out: [d]}}\n"
    path.write_text(content if content.startswith("tasks") else tasks + content)
    with pytest.raises(SettingsError, match=r"texts\.yaml") as caught:
        Texts.load(path)
    assert said in str(caught.value)
