//! `gensr playground` over HTTP: the calls of the page, and what is kept out.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::demo;
use serde_json::{Value, json};

/// A server that ends with the test.
struct Playground {
    process: Child,
    port: u16,
    token: String,
}

impl Drop for Playground {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Status, head and body of an answer.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {} {}", self.status, self.body))
    }
}

impl Playground {
    /// Starts it on a free port.
    fn start(options: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_gensr"))
            .args(["playground", "--port", "0"])
            .args(options)
            .arg(demo())
            .env("NO_COLOR", "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix('/'));
        let port = port.unwrap_or_else(|| panic!("no address in {line:?}")).parse().unwrap();
        let mut playground = Self { process, port, token: String::new() };
        let page = playground.get("/");
        let token = page.body.split("name=\"gensr-token\" content=\"").nth(1).unwrap();
        playground.token = token.split('"').next().unwrap().to_owned();
        playground
    }

    /// Sends these bytes as they are and reads until the server closes.
    fn send(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        // The server may refuse before it has read everything.
        let _ = stream.write_all(request);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    fn host(&self) -> String {
        format!("Host: 127.0.0.1:{}", self.port)
    }

    fn get(&self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\n{}\r\nConnection: close\r\n\r\n", self.host()).as_bytes())
    }

    /// A POST with these header lines.
    fn post(&self, path: &str, headers: &[&str], body: &str) -> Answer {
        let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let length = body.len();
        let head =
            format!("POST {path} HTTP/1.1\r\n{lines}Connection: close\r\nContent-Length: {length}\r\n\r\n");
        self.send(format!("{head}{body}").as_bytes())
    }

    /// The header lines that the page sends.
    fn headers(&self) -> [String; 3] {
        [self.host(), format!("X-Gensr-Token: {}", self.token), "Content-Type: application/json".to_owned()]
    }

    fn call(&self, name: &str, body: &Value) -> Answer {
        let headers = self.headers();
        self.post(&format!("/api/{name}"), &headers.each_ref().map(String::as_str), &body.to_string())
    }

    fn ask(&self, name: &str, body: &Value) -> Value {
        let answer = self.call(name, body);
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
        answer.json()
    }
}

fn ids(answer: &Value) -> Vec<String> {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_click_changes_the_feed_and_forgetting_restores_it() {
    let playground = Playground::start(&[]);
    let info = playground.ask("info", &json!({}));
    assert_eq!(info["diagnostics"]["profile"]["in_memory"], true);
    assert!(info["items"].as_u64().unwrap() > 1000 && info["kinds"][0]["name"].is_string());

    let stranger = playground.ask("feed", &json!({ "limit": 20 }));
    assert_eq!(ids(&stranger).len(), 20);
    let found = playground.ask("search", &json!({ "query": "shell", "limit": 5 }));
    let hit = &found["hits"][0];
    let title = hit["title"].as_str().unwrap();
    let marks = hit["marks"].as_array().unwrap();
    assert!(!marks.is_empty(), "the word that was searched is marked in {title:?}");
    for mark in marks {
        let [from, to] = [0, 1].map(|end| mark[end].as_u64().unwrap() as usize);
        assert_eq!(title[from..to].to_lowercase(), "shell");
    }
    let misspelt = playground.ask("search", &json!({ "query": "shlel", "limit": 5 }));
    let [from, to] = [0, 1].map(|end| misspelt["hits"][0]["marks"][0][end].as_u64().unwrap() as usize);
    assert_eq!(&misspelt["hits"][0]["title"].as_str().unwrap()[from..to], "Shell");
    let stages: Vec<&str> =
        found["timings"].as_array().unwrap().iter().map(|stage| stage[0].as_str().unwrap()).collect();
    assert!(stages.contains(&"scan") && stages.last() == Some(&"total"), "{stages:?}");

    let id = ids(&found)[0].clone();
    let item = playground.ask("item", &json!({ "id": id }));
    assert_eq!((&item["title"], &item["attributes"]), (&hit["title"], &hit["attributes"]));
    assert!(item["attributes"]["price"]["number"].is_number());
    let similar = ids(&playground.ask("similar", &json!({ "id": id, "limit": 6 })));
    assert!(similar.len() == 6 && !similar.contains(&id));

    playground.ask("record", &json!({ "id": id, "kind": "search", "query": "shell" }));
    let history = playground.ask("history", &json!({}));
    assert_eq!(history["total"], 1);
    let event = &history["events"][0];
    assert_eq!(
        (&event["id"], &event["query"], &event["title"]),
        (&json!(id), &json!("shell"), &hit["title"])
    );
    let known = playground.ask("feed", &json!({ "limit": 20 }));
    assert_ne!(ids(&known), ids(&stranger));
    assert!(!ids(&known).contains(&id));
    let because = known["hits"].as_array().unwrap().iter().flat_map(|hit| hit["reasons"].as_array().unwrap());
    assert!(because.clone().any(|reason| reason["terms"][0] == json!(id)), "somebody is there because of it");
    assert_eq!(known["titles"][&id], hit["title"]);

    playground.ask("clear", &json!({}));
    assert_eq!(playground.ask("history", &json!({}))["total"], 0);
    assert_eq!(ids(&playground.ask("feed", &json!({ "limit": 20 }))), ids(&stranger));
}

#[test]
fn a_keystroke_has_a_first_answer_and_a_whole_one_until_the_next() {
    let playground = Playground::start(&[]);
    let first = playground.ask("keystroke", &json!({ "query": "shel", "limit": 9 }));
    let number = &first["number"];
    assert!(first["timings"].as_array().unwrap().iter().all(|stage| stage[0] != "decoder"), "{first}");
    let whole = playground.ask("ranked", &json!({ "number": number }));
    assert_eq!(ids(&whole), ids(&playground.ask("search", &json!({ "query": "shel", "limit": 9 }))));
    playground.ask("keystroke", &json!({ "query": "shell", "limit": 9 }));
    assert_eq!(playground.call("ranked", &json!({ "number": number })).status, 409, "it was overtaken");
    assert_eq!(playground.call("ranked", &json!({ "number": 99 })).status, 409);

    let offered = |typed: &str| {
        playground.ask("complete", &json!({ "typed": typed, "limit": 5 }))["completions"].clone()
    };
    assert_eq!(offered("")[0], Value::Null, "nothing was searched for yet");
    let shell = offered("shel");
    let text = shell[0]["text"].as_str().unwrap().to_lowercase();
    let [from, to] = [0, 1].map(|end| shell[0]["marks"][0][end].as_u64().unwrap() as usize);
    assert_eq!(&text[from..to], "shel");
    let id = ids(&whole)[0].clone();
    playground.ask("record", &json!({ "id": id, "kind": "search", "query": "Shelly" }));
    assert_eq!((&offered("")[0]["text"], &offered("shel")[0]["kind"]), (&json!("Shelly"), &json!("query")));
}

#[test]
fn a_feed_is_narrowed_and_tuned() {
    let playground = Playground::start(&[]);
    let feed = |scope: Value, tuning: Value| {
        playground.ask("feed", &json!({ "limit": 30, "scope": scope, "tuning": tuning }))
    };
    let plain = feed(json!({ "facets": ["brand", "colour"] }), json!({}));
    let facet = &plain["facets"][1];
    assert_eq!(facet["name"], "colour");
    let [value, count] = [0, 1].map(|part| facet["values"][0][part].clone());
    let filters = json!({ "colour": [value] });
    let narrowed = feed(json!({ "filters": filters }), json!({}));
    assert_eq!(narrowed["total_hits"], count);
    assert!(ids(&narrowed).len() == 30 && ids(&narrowed) != ids(&plain));
    for hit in narrowed["hits"].as_array().unwrap() {
        assert_eq!(hit["attributes"]["colour"]["string"], value);
    }
    // Values of one attribute add up, attributes narrow each other, an empty list is no filter.
    let both = json!({ "colour": [value, facet["values"][1][0]], "brand": [] });
    let found =
        |filters: &Value| feed(json!({ "filters": filters }), json!({}))["total_hits"].as_u64().unwrap();
    assert_eq!(found(&both), count.as_u64().unwrap() + facet["values"][1][1].as_u64().unwrap());
    let narrower = json!({ "colour": [value], "brand": [plain["facets"][0]["values"][0][0]] });
    assert!(found(&narrower) < found(&filters));
    let searched = json!({ "query": "shell", "limit": 5, "scope": { "filters": filters } });
    for hit in playground.ask("search", &searched)["hits"].as_array().unwrap() {
        assert_eq!(hit["attributes"]["colour"]["string"], value);
    }

    for tuning in [
        json!({ "diversity": 0.8 }),
        json!({ "intent": "something warm" }),
        json!({ "fresh": "released" }),
        json!({ "surprise": 7 }),
    ] {
        assert_ne!(ids(&feed(json!({}), tuning.clone())), ids(&plain), "{tuning}");
    }
    let surprise = |seed: u64| ids(&feed(json!({}), json!({ "surprise": seed })));
    assert!(surprise(7) == surprise(7) && surprise(7) != surprise(8));
    for (scope, tuning) in [
        (json!({ "filters": { "no_such": ["q7w8e9"] } }), json!({})),
        (json!({ "facets": ["no_such"] }), json!({})),
        (json!({ "filters": ["colour"] }), json!({})),
        (json!({}), json!({ "diversity": 2 })),
        (json!({}), json!({ "fresh": "brand" })),
        (json!({}), json!({ "surprise": -1 })),
    ] {
        let body = json!({ "limit": 5, "scope": scope, "tuning": tuning });
        let answer = playground.call("feed", &body);
        assert!(answer.status == 400 && !answer.body.contains("q7w8e9"), "{body} {}", answer.body);
    }
}

#[test]
fn a_profile_is_written_only_where_one_was_named() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let playground = Playground::start(&["--profile", dir]);
    assert_eq!(playground.ask("info", &json!({}))["diagnostics"]["profile"]["in_memory"], false);
    let id = ids(&playground.ask("feed", &json!({ "limit": 1 })))[0].clone();
    playground.ask("record", &json!({ "id": id, "kind": "view", "query": null }));
    drop(playground);
    let shown = common::json(&["profile", dir, "show"]);
    assert_eq!(shown["events"][0]["item_id"], json!(id));
    common::gensr(&["playground", demo().to_str().unwrap(), "--profile", "/no/such/folder"])
        .fails_with(&["/no/such/folder"]);
}

#[test]
fn other_sites_are_kept_out() {
    let playground = Playground::start(&[]);
    let [host, token, json] = playground.headers();
    let port = playground.port;
    let body = "{}";
    let status = |headers: &[&str]| playground.post("/api/info", headers, body).status;
    assert_eq!(status(&[&host, &token, &json]), 200);
    assert_eq!(status(&[&format!("Host: localhost:{port}"), &token, &json]), 200);
    assert_eq!(status(&[&host, &token, &json, &format!("Origin: http://127.0.0.1:{port}")]), 200);

    // A name that an attacker re-bound to 127.0.0.1, another port, none, two.
    for wrong in [format!("Host: evil.example:{port}"), "Host: 127.0.0.1:1".into(), "Host: 127.0.0.1".into()]
    {
        assert_eq!(status(&[&wrong, &token, &json]), 403, "{wrong}");
        let page = format!("GET / HTTP/1.1\r\n{wrong}\r\nConnection: close\r\n\r\n");
        let page = playground.send(page.as_bytes());
        assert!(page.status == 403 && !page.body.contains(&playground.token), "{wrong}");
    }
    assert_eq!(status(&[&token, &json]), 400, "no Host");
    assert_eq!(status(&[&host, "Host: evil.example", &token, &json]), 400, "two Hosts");
    for origin in [
        "Origin: http://evil.example",
        "Origin: null",
        "Origin: http://127.0.0.1:1",
        "Origin: https://127.0.0.1",
    ] {
        assert_eq!(status(&[&host, &token, &json, origin]), 403, "{origin}");
    }
    // The token is of this start.
    assert_eq!(status(&[&host, &json]), 403);
    assert_eq!(status(&[&host, &json, "X-Gensr-Token: 0"]), 403);
    let other = Playground::start(&[]);
    assert_eq!(status(&[&host, &json, &format!("X-Gensr-Token: {}", other.token)]), 403);
    // A form of another site could send this without a preflight request.
    assert_eq!(status(&[&host, &token, "Content-Type: text/plain"]), 415);
    assert_eq!(status(&[&host, &token]), 415);

    let page = playground.get("/");
    assert!(page.head.contains("content-security-policy: default-src 'none'"), "{}", page.head);
    assert!(page.head.contains("frame-ancestors 'none'") && !page.head.contains("unsafe-inline"));
    for header in ["nosniff", "no-store", "no-referrer", "same-origin"] {
        assert!(page.head.contains(header), "{header} in {}", page.head);
    }
    assert!(!page.head.contains("access-control-allow-origin"));
}

#[test]
fn connections_that_come_together_and_stay_open_are_all_answered() {
    let playground = Playground::start(&[]);
    let request = format!("GET /icon.svg HTTP/1.1\r\n{}\r\n\r\n", playground.host());
    for round in 0..20 {
        // As many as a browser keeps to one place, of three windows.
        let mut connections: Vec<TcpStream> =
            (0..18).map(|_| TcpStream::connect(("127.0.0.1", playground.port)).unwrap()).collect();
        for connection in &mut connections {
            connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
            connection.write_all(request.as_bytes()).unwrap();
        }
        for (number, connection) in connections.iter_mut().enumerate() {
            let mut answer = [0; 8192];
            let read = connection.read(&mut answer);
            assert!(
                read.is_ok() && answer.starts_with(b"HTTP/1.1 200 OK"),
                "connection {number} of round {round}"
            );
        }
    }
}

#[test]
fn head_says_what_get_would_and_sends_nothing() {
    let playground = Playground::start(&[]);
    let host = playground.host();
    for (path, status) in [("/", 200), ("/icon.svg", 200), ("/nothing", 404), ("/api/info", 405)] {
        let got = playground.get(path);
        let mut connection = TcpStream::connect(("127.0.0.1", playground.port)).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        // Two on one connection: a body that nobody expects would be read as the head of the second answer.
        for _ in 0..2 {
            connection.write_all(format!("HEAD {path} HTTP/1.1\r\n{host}\r\n\r\n").as_bytes()).unwrap();
            let mut told = vec![0; got.head.len() + 4];
            connection.read_exact(&mut told).unwrap();
            assert_eq!(String::from_utf8(told).unwrap().to_lowercase(), format!("{}\r\n\r\n", got.head));
        }
        let length = format!("content-length: {}", got.body.len());
        assert!(got.status == status && got.head.contains(&length) && !got.body.is_empty(), "{path}");
    }
}

#[test]
fn what_is_wrong_is_refused_and_the_next_call_answered() {
    let playground = Playground::start(&[]);
    let headers = playground.headers();
    let headers = headers.each_ref().map(String::as_str);
    let post = |path: &str, body: &str| playground.post(path, &headers, body);
    for path in ["/nothing", "/../Cargo.toml", "/index.html", "/api", "/app.js/"] {
        assert_eq!(playground.get(path).status, 404, "{path}");
    }
    assert_eq!(playground.get("/api/info").status, 405);
    assert_eq!(post("/", "{}").status, 405);
    assert_eq!(post("/api/unheard", "{}").status, 404);
    let secret = "q7w8e9";
    for (call, body) in [
        ("search", String::new()),
        ("search", "{".into()),
        ("search", "[]".into()),
        ("search", "\u{0}".into()),
        ("search", json!({ "query": secret }).to_string()),
        ("search", json!({ "query": secret, "limit": 5, "more": secret }).to_string()),
        ("search", json!({ "query": [secret], "limit": 5 }).to_string()),
        ("search", json!({ "query": secret, "limit": -1 }).to_string()),
        ("search", json!({ "query": secret, "limit": 0 }).to_string()),
        ("search", json!({ "query": secret, "limit": 1_000_000 }).to_string()),
        ("search", json!({ "query": " ", "limit": 5 }).to_string()),
        ("search", json!({ "query": secret.repeat(1000), "limit": 5 }).to_string()),
        ("search", format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000))),
        ("item", json!({ "id": secret }).to_string()),
        ("similar", json!({ "id": secret, "limit": 5 }).to_string()),
        ("record", json!({ "id": secret, "kind": "view" }).to_string()),
        ("clear", json!({ "all": secret }).to_string()),
    ] {
        let answer = post(&format!("/api/{call}"), &body);
        assert_eq!(answer.status, 400, "{call} {}", &body[..body.len().min(80)]);
        assert!(answer.json()["error"].is_string() && !answer.body.contains(secret), "{}", answer.body);
    }
    let long = format!("{{\"query\":\"{}\",\"limit\":5}}", "a".repeat(64 * 1024));
    assert_eq!(post("/api/search", &long).status, 413);
    // A body that does not say how long it is.
    let lines = headers.join("\r\n");
    let chunk = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
    let chunked = format!(
        "POST /api/info HTTP/1.1\r\n{lines}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
        chunk.repeat(4)
    );
    assert_eq!(playground.send(chunked.as_bytes()).status, 413);
    // One that says it is longer than it is, given up; and noise.
    let _ = TcpStream::connect(("127.0.0.1", playground.port))
        .unwrap()
        .write_all(format!("POST /api/info HTTP/1.1\r\n{lines}\r\nContent-Length: 100\r\n\r\n{{").as_bytes());
    playground.send(b"\x16\x03\x01\x02\x00\r\n\r\n");
    assert_eq!(playground.ask("history", &json!({}))["total"], 0, "nothing of it was recorded");
}

#[test]
fn a_taken_port_is_an_error_that_says_what_to_do() {
    let pack = demo();
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = common::gensr(&["playground", pack.to_str().unwrap(), "--port", &port]);
    run.fails_with(&[&port, "--port 0"]);
}
