"""MovieLens, CSV, .dat and ml-100k: invented rows with the quirks of the real files."""

import published
from converting import events_of, made, refused, rows
from published import movie_100k


def test_movielens_csv(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    ratings = [[1, 10, 4.0, 100], [1, 20, 3.5, 110], [2, 10, 5.0, 50], [2, 30, 4.5, 60], [1, 30, 4.0, 105]]
    published.table(source / "ratings.csv", "userId movieId rating timestamp", ratings)
    published.table(
        source / "tags.csv", "userId movieId tag timestamp", [[2, 20, "Dark,  Funny", 70], [1, 20, "dark, funny", 120]]
    )
    movies = [
        [10, "American, The (2010)", "Action|Drama"],
        [20, 'Say "Ah"', "(no genres listed)"],
        [30, "Été", "War"],
        [40, "Unseen", "War"],
    ]
    published.table(source / "movies.csv", "movieId title genres", movies)
    out = tmp_path / "out"
    data, counts = made("movielens", source, out, candidates=1)
    assert [(e[0], e[2], e[3], e[4]) for e in events_of(out)] == [
        ("1", "recommend", "", "10"),
        ("1", "recommend", "", "30"),
        ("1", "search", "dark, funny", "20"),
        ("2", "recommend", "", "10"),
        ("2", "recommend", "", "30"),
        ("2", "search", "dark, funny", "20"),
    ]
    items = {row["item_id"]: (row["title"], row["text"], row["categories"]) for row in rows(out / "items.csv.gz")}
    assert items == {
        "10": ("American, The (2010)", "", "Action|Drama"),
        "20": ('Say "Ah"', "dark, funny", ""),
        "30": ("Été", "", "War"),
        "40": ("Unseen", "", "War"),
    }
    assert counts["ratings below the least (left out; never negatives)"] == 1 and len(data.queries) == 1
    (source / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,10,4.0,100\n1,10,good,100\n")
    assert refused("movielens", source, tmp_path / "new")[0] == [("ratings.csv", 3, "rating")]


def test_movielens_dat_in_latin_1(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    (source / "ratings.dat").write_bytes(b"1::7::5::978300760\n1::8::3::978300761\n2::8::4::978300762\n")
    (source / "movies.dat").write_bytes("7::Café: A::B (1999)::Comedy|Drama\n8::Plain (1998)::War\n".encode("latin-1"))
    (source / "tags.dat").write_text("2::7::so::so::978300763\n")
    out = tmp_path / "out"
    made("movielens", source, out, candidates=0)
    assert [(e[0], e[1], e[3], e[4]) for e in events_of(out)] == [
        ("1", "978300760", "", "7"),
        ("2", "978300762", "", "8"),
        ("2", "978300763", "so::so", "7"),
    ]
    assert rows(out / "items.csv.gz")[0]["title"] == "Café: A::B (1999)"
    (source / "ratings.dat").write_text("1::7::5::978300760\n1::8\nx::8::4::1\n")
    assert refused("movielens", source, tmp_path / "new")[0] == [("ratings.dat", 2, None), ("ratings.dat", 3, "userId")]


def test_movielens_100k(tmp_path):
    ratings = [
        [196, 242, 4, 881250949],
        [196, 51, 3, 881250940],
        [22, 377, 5, 878887116],
        [22, 267, 4, 878887110],
        [196, 377, 5, 881250900],
    ]
    movies = [
        movie_100k(51, "Légende, Une (1994)", ["Drama", "Western"]),
        movie_100k(242, "Kolya: A (1996)", ["Comedy"], "24-Jan-1997"),
        movie_100k(267, "unknown", ["unknown"], ""),  # a film of which nothing is known
        movie_100k(377, "Heavyweights (1994)", ["Animation", "Children's", "Film-Noir"]),
        movie_100k(1682, "Unseen (1996)", ["Sci-Fi", "unknown"]),
    ]
    source, out = published.movielens_100k(tmp_path / "in", ratings, movies), tmp_path / "out"
    data, counts = made("movielens", source, out, candidates=1)
    assert [(e[0], e[1], e[2], e[4]) for e in events_of(out)] == [
        ("196", "881250900", "recommend", "377"),
        ("196", "881250949", "recommend", "242"),
        ("22", "878887110", "recommend", "267"),
        ("22", "878887116", "recommend", "377"),
    ]
    items = {row["item_id"]: (row["title"], row["text"], row["categories"]) for row in rows(out / "items.csv.gz")}
    assert items == {
        "51": ("Légende, Une (1994)", "", "Drama|Western"),
        "242": ("Kolya: A (1996)", "", "Comedy"),
        "267": ("unknown", "", ""),
        "377": ("Heavyweights (1994)", "", "Animation|Children's|Film-Noir"),
        "1682": ("Unseen (1996)", "", "Sci-Fi"),
    }
    assert counts["ratings below the least (left out; never negatives)"] == 1 and not data.queries
    assert {file.split(".")[1] for file in (out / "README.md").read_text().split("`") if file.startswith("u.")} == {
        "data",
        "item",
        "genre",
    }


def test_movielens_100k_says_what_is_wrong_and_where(tmp_path):
    movies = [movie_100k(1, "A"), movie_100k(2, "B"), movie_100k(3, "C")]
    source = published.movielens_100k(tmp_path / "in", [[1, 1, 5, 10]], movies)
    new = tmp_path / "new"
    (source / "u.data").write_text("1\t1\t5\t10\n1\tx\t5\t10\n1\t2\t5\n1 2 5 10\n1\t2\tgood\t10\n1\t2\t5\tsoon\n")
    places, text = refused("movielens", source, new)
    assert places == [
        ("u.data", 3, None),
        ("u.data", 4, None),
        ("u.data", 2, "movieId"),
        ("u.data", 6, "timestamp"),
        ("u.data", 5, "rating"),
    ]
    assert "3 fields in place of 4; write them with a tab between" in text
    (source / "u.data").write_text("1\t1\t5\t10\n")
    wrong = [
        movies[0],
        movies[1].rsplit("|", 1)[0],
        movie_100k("x", "C"),
        movie_100k(4, "D")[:-1] + "yes",
        "5|E|a|b|c|d",
    ]
    (source / "u.item").write_text("\n".join(wrong))
    places, text = refused("movielens", source, new)
    assert places == [("u.item", 2, None), ("u.item", 5, None), ("u.item", 4, "Western"), ("u.item", 3, "movieId")]
    assert "23 fields in place of 24; write them with | between" in text and "'yes' is no flag" in text
    # Rows with problems are left out once, and counted once.
    _, counts = made("movielens", source, tmp_path / "out", skip=True, candidates=0)
    assert counts["rows with problems (left out)"] == 4 and counts["items"] == 1
    (source / "u.genre").unlink()
    assert refused("movielens", source, new)[0] == [("u.genre", None, None)]
    (source / "u.item").unlink()
    places, text = refused("movielens", source, new)
    assert places == [("movies.csv", None, None)] and "u.item of ml-100k" in text
