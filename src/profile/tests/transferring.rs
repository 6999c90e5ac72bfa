//! Taking a history along.

use super::*;

fn export(profile: &Profile) -> Vec<u8> {
    let mut file = Vec::new();
    let events = profile.history(usize::MAX).unwrap();
    let count = events.len();
    assert_eq!(Profile::export(events, &mut file).unwrap(), count);
    file
}

fn import(profile: &mut Profile, file: &[u8]) -> Result<usize> {
    profile.import(Profile::read_import(file)?, NOW_MS)
}

fn profile(events: &[Event]) -> Profile {
    let mut profile = Profile::in_memory(ProfileOptions::default()).unwrap();
    profile.record(events, NOW_MS).unwrap();
    profile
}

fn events(profile: &Profile) -> Vec<Event> {
    profile.history(usize::MAX).unwrap().into_iter().map(Event::from).collect()
}

#[test]
fn there_and_back() {
    let odd = [
        event("b", 20, Some("red \"lamp\"\n\u{1f4a1}\0")),
        event("a", i64::MIN, Some("")),
        event("a", i64::MAX, None),
        // The same thing twice, and earlier than what was recorded before it.
        event("b", 20, None),
        event("b", 20, None),
        event(&"\u{1}".repeat(256), 0, Some(&"\u{1}".repeat(MAX_QUERY_BYTES))),
    ];
    let from = profile(&odd);
    let file = export(&from);
    assert_eq!(file.iter().filter(|byte| **byte == b'\n').count(), odd.len(), "an event a line");
    let first = std::str::from_utf8(file.split(|byte| *byte == b'\n').nth(2).unwrap()).unwrap();
    assert_eq!(first, r#"{"item_id":"a","kind":"view","timestamp_ms":9223372036854775807}"#);
    let mut to = profile(&[]);
    assert_eq!(import(&mut to, &file).unwrap(), odd.len());
    assert_eq!(events(&to), odd);
    assert_eq!(export(&to), file);
    assert_eq!(import(&mut to, &file).unwrap(), 0, "nothing twice");
    assert_eq!(events(&to), odd);
    assert_eq!(import(&mut to, b"\n \r\n").unwrap(), 0);
}

#[test]
fn new_events_go_where_their_time_is() {
    let file = export(&profile(&[event("a", 10, None), event("b", 20, None), event("c", 30, None)]));
    let mut later = profile(&[event("x", 40, None)]);
    let before = later.history(1).unwrap()[0].id;
    assert_eq!(import(&mut later, &file).unwrap(), 3);
    assert_eq!(ids(&later, 9), ["a", "b", "c", "x"]);
    assert!(later.history(9).unwrap()[0].id > before, "new ids: an old one names nothing else");

    let mut earlier = profile(&[event("x", 5, None)]);
    let before = earlier.history(1).unwrap()[0].id;
    import(&mut earlier, &file).unwrap();
    assert_eq!(ids(&earlier, 9), ["x", "a", "b", "c"]);
    assert_eq!(earlier.history(9).unwrap()[0].id, before, "what is only appended to stays");

    let mut between = profile(&[event("b", 20, None), event("x", 25, None), event("y", 1, None)]);
    assert_eq!(import(&mut between, &file).unwrap(), 2);
    assert_eq!(ids(&between, 9), ["a", "b", "x", "y", "c"], "recorded events keep their order");
}

#[test]
fn a_wrong_line_is_named_and_nothing_is_imported() {
    let good = r#"{"item_id":"secret","kind":"view","timestamp_ms":1}"#;
    let long =
        format!(r#"{{"item_id":"secret","kind":"view","timestamp_ms":1,"query":"{}"}}"#, "x".repeat(60_000));
    let past =
        format!(r#"{{"item_id":"secret","kind":"view","timestamp_ms":1,"query":"{}"}}"#, "x".repeat(4_097));
    for (wrong, why) in [
        ("secret", "not JSON at column 1"),
        (r#"{"item_id":"secret""#, "not JSON"),
        (r#"["secret"]"#, "not an event"),
        (r#"{"item_id":"secret","kind":"view"}"#, "not an event"),
        (r#"{"item_id":"secret","kind":"view","timestamp_ms":"secret"}"#, "not an event at column 57"),
        (r#"{"item_id":"secret","kind":"view","timestamp_ms":1.5}"#, "not an event"),
        (r#"{"item_id":"secret","kind":"view","timestamp_ms":1,"secret":2}"#, "not an event"),
        (r#"{"item_id":"secret","kind":"view","timestamp_ms":99999999999999999999}"#, "not an event"),
        (r#"{"item_id":"","kind":"secret","timestamp_ms":1}"#, "item_id has 0 bytes; 1 to 256 are allowed"),
        (&past, "query has 4097 bytes"),
        (&long, "more than 28672 bytes"),
    ] {
        let mut profile = profile(&[event("x", 1, None)]);
        let error = import(&mut profile, format!("{good}\n\n{wrong}\n{good}\n").as_bytes()).unwrap_err();
        let Error::InvalidArgument { reason } = &error else { panic!("{error}") };
        assert!(reason.starts_with("line 3") && reason.contains(why), "{reason}");
        assert!(!reason.contains("secret"), "{reason}");
        assert_eq!(ids(&profile, 9), ["x"]);
    }
    let mut profile = profile(&[]);
    assert!(matches!(import(&mut profile, b"\xff\xfe"), Err(Error::InvalidArgument { .. })));
}

#[test]
fn an_import_obeys_the_options() {
    let options = ProfileOptions { max_events: 2, ..ProfileOptions::default() };
    let mut few = Profile::in_memory(options).unwrap();
    few.record(&[event("x", 15, None)], NOW_MS).unwrap();
    let file = export(&profile(&[event("a", 10, None), event("b", 20, None)]));
    import(&mut few, &file).unwrap();
    assert_eq!(ids(&few, 9), ["x", "b"]);
}
