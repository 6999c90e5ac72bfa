use super::*;
use std::fs::File;
use std::io::Write;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        if name.ends_with(".gz") {
            let mut gz =
                flate2::write::GzEncoder::new(File::create(path).unwrap(), flate2::Compression::fast());
            gz.write_all(text.as_bytes()).unwrap();
            gz.finish().unwrap();
        } else {
            std::fs::write(path, text).unwrap();
        }
    }
    dir
}

const ITEMS: &str = "item_id,title,extra\na,Alpha,1\nb,\"Be,ta\",2\nc,Gamma,3\n";
const EVENTS: &str = "user_id,timestamp,kind,query,item_id,split\n\
    u,0,view,,a,train\nu,1,search,lamp,b,valid\nv,5,view,,c,test\n";

fn complaint(files: &[(&str, &str)]) -> String {
    format!("{:#}", Data::read(folder(files).path()).unwrap_err())
}

#[test]
fn csv_gz_and_jsonl_say_the_same() {
    let json_items = "{\"item_id\":\"a\"}\n{\"item_id\":\"b\",\"tags\":[1,{}]}\n\n{\"item_id\":\"c\"}\n";
    let json_events = "{\"user_id\":\"u\",\"timestamp\":0,\"kind\":\"view\",\"item_id\":\"a\",\"split\":\"train\"}\n\
        {\"user_id\":\"u\",\"timestamp\":1,\"kind\":\"search\",\"query\":\"lamp\",\"item_id\":\"b\",\"split\":\"valid\"}\n\
        {\"user_id\":\"v\",\"timestamp\":5,\"kind\":\"view\",\"query\":null,\"item_id\":\"c\",\"split\":\"test\"}\n";
    let variants: [[(&str, &str); 2]; 3] = [
        [("items.csv", ITEMS), ("events.csv", EVENTS)],
        [("items.csv.gz", ITEMS), ("events.csv.gz", EVENTS)],
        [("items.jsonl", json_items), ("events.jsonl.gz", json_events)],
    ];
    for files in variants {
        let data = Data::read(folder(&files).path()).unwrap();
        assert_eq!(data.items, ["a", "b", "c"]);
        assert_eq!(data.kinds, ["view", "search"]);
        assert_eq!(data.users.len(), 2);
        assert_eq!(data.users[0].id, "u");
        let event = &data.users[0].events[1];
        assert_eq!((event.item, event.kind, event.timestamp_ms), (1, 1, 1000));
        assert_eq!(event.query.as_deref(), Some("lamp"));
        assert_eq!(event.split, Some(Split::Valid));
        assert_eq!(data.users[1].events[0].query, None);
    }
}

#[test]
fn scattered_users_are_put_in_order_of_time() {
    let scattered = "user_id,timestamp,kind,query,item_id\n\
        u,5,view,,a\nv,1,view,,a\nu,3,search, red   lamp ,b\nu,5,view,,c\n";
    let data = Data::read(folder(&[("items.csv", ITEMS), ("events.csv", scattered)]).path()).unwrap();
    let order: Vec<(u32, u64)> = data.users[0].events.iter().map(|event| (event.item, event.row)).collect();
    assert_eq!(order, [(1, 4), (0, 2), (2, 5)]);
    assert_eq!(data.users[0].events[0].query.as_deref(), Some("red lamp"));
    // Together, the order of the file holds against the times.
    let together = "user_id,timestamp,kind,item_id\nu,5,view,a\nu,3,view,b\n";
    let data = Data::read(folder(&[("items.csv", ITEMS), ("events.csv", together)]).path()).unwrap();
    assert_eq!(data.users[0].events[0].item, 0);
}

#[test]
fn numbers_may_be_ids_in_json() {
    let items = "{\"item_id\":7}\n";
    let events = "{\"user_id\":1,\"timestamp\":9,\"kind\":\"view\",\"item_id\":7}\n";
    let data = Data::read(folder(&[("items.jsonl", items), ("events.jsonl", events)]).path()).unwrap();
    assert_eq!(data.items, ["7"]);
    assert_eq!(data.users[0].events[0].split, None);
}

#[test]
fn complaints_name_file_row_and_column() {
    let events = |rows: &str| format!("user_id,timestamp,kind,query,item_id,split\n{rows}");
    let cases = [
        (
            ITEMS,
            events("u,0,view,,a,train\nu,x,view,,a,train\n"),
            ["events.csv", "row 3", "column timestamp"],
        ),
        (ITEMS, events("u,0,view,,zz,train\n"), ["events.csv", "row 2", "column item_id"]),
        (ITEMS, events("u,0,,,a,train\n"), ["events.csv", "row 2", "column kind"]),
        (ITEMS, events("u,0,view,,a,tset\n"), ["events.csv", "row 2", "column split"]),
        (ITEMS, events("u,0,view,,a\n"), ["events.csv", "row 2", "5 fields"]),
        (ITEMS, events("u,0,view,,a,train\nv,0,view,,a,\n"), ["events.csv", "row 3", "column split"]),
        (ITEMS, events("u,0,view,,a,\nv,0,view,,a,test\n"), ["events.csv", "row 3", "column split"]),
        (ITEMS, events("u,9223372036854775807,view,,a,train\n"), ["events.csv", "row 2", "column timestamp"]),
        ("item_id\na\na\n", events(""), ["items.csv", "row 3", "column item_id"]),
        ("item_id,title\n,x\n", events(""), ["items.csv", "row 2", "column item_id"]),
        ("id,title\na,x\n", events(""), ["items.csv", "no column item_id", "id, title"]),
        (ITEMS, events(""), ["events.csv", "no rows", ""]),
        (ITEMS, String::new(), ["events.csv", "no column user_id", "nothing"]),
    ];
    for (items, events, wanted) in cases {
        let error = complaint(&[("items.csv", items), ("events.csv", &events)]);
        for part in wanted {
            assert!(error.contains(part), "{error:?} should say {part:?}");
        }
    }
    let error = complaint(&[("items.jsonl", "{\"item_id\":\"a\"}\n[1]\n"), ("events.csv", EVENTS)]);
    assert!(error.contains("items.jsonl, row 2: not a JSON object"), "{error}");
}

#[test]
fn missing_and_double_tables_are_named() {
    assert!(complaint(&[("events.csv", EVENTS)]).contains("no items table"));
    assert!(complaint(&[("items.csv", ITEMS), ("events.parquet", "PAR1")]).contains("Python"));
    let error = complaint(&[("items.csv", ITEMS), ("items.jsonl", ""), ("events.csv", EVENTS)]);
    assert!(error.contains("keep one"), "{error}");
    let error = format!("{:#}", Data::read(Path::new("/no/such/folder")).unwrap_err());
    assert!(error.contains("not a folder"), "{error}");
}

#[test]
fn damaged_gzip_is_an_error() {
    let dir = folder(&[("items.csv.gz", ITEMS), ("events.csv.gz", EVENTS)]);
    let path = dir.path().join("events.csv.gz");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 12]).unwrap();
    let error = format!("{:#}", Data::read(dir.path()).unwrap_err());
    assert!(error.contains("events.csv.gz") && error.contains("cannot be read"), "{error}");
}

#[test]
fn candidates_are_found_by_user_query_and_item() {
    let dir = folder(&[
        ("items.csv", ITEMS),
        ("events.csv", EVENTS),
        ("candidates_test_view.csv.gz", "user_id,query,positive,negatives\nv,,c,a|b\n"),
        ("candidates_test_search.csv", "user_id,query,positive,negatives\nv,x,c,a|zz\n"),
    ]);
    let data = Data::read(dir.path()).unwrap();
    let candidates = read_candidates(dir.path(), "view", &data).unwrap().unwrap();
    assert_eq!(candidates[&("v".into(), String::new(), 2)], [0, 1]);
    assert!(read_candidates(dir.path(), "buy", &data).unwrap().is_none());
    let error = format!("{:#}", read_candidates(dir.path(), "search", &data).unwrap_err());
    assert!(error.contains("row 2, column negatives"), "{error}");
}
