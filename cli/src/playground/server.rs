//! HTTP on 127.0.0.1. What is refused here never reaches the engine.
//!
//! A page of another site that runs in the same browser can send requests to this machine. It is kept out in three ways: the
//! `Host` header has to be ours (a name that was re-bound to 127.0.0.1 says its own), an `Origin` other than ours is refused,
//! and every call needs the token of this start, which is in our page and cannot be read by another.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::{Context, Result, anyhow};
use serde_json::json;
use tiny_http::{Header, Method, Request, Response};

use super::api::{Api, Failure};
use super::page;

/// Longest body of a call in bytes: the longest query of the engine, escaped, and room for the rest.
const MAX_BODY: usize = 32 * 1024;
/// Calls answered at once; the browser keeps at most six connections to one place.
const WORKERS: usize = 6;
/// The header with the token.
const TOKEN: &str = "X-Gensr-Token";

/// Everything is our own, nothing is embedded, nothing is embedded elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A bound socket and what it serves.
pub struct Server {
    http: tiny_http::Server,
    api: Api,
    port: u16,
    token: String,
}

/// An answer: status, content type, content.
type Answer = (u16, &'static str, String);

impl Server {
    /// Listens on 127.0.0.1 only; port 0 takes a free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn bind(port: u16, api: Api) -> Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            .with_context(|| format!("cannot listen on port {port}; --port 0 takes a free one"))?;
        let port = listener.local_addr()?.port();
        // Head and body of an answer are two writes. Connections inherit this from the listener; without it the body waits
        // for the browser's acknowledgement of the head, which it delays by 40 ms.
        socket2::SockRef::from(&listener).set_tcp_nodelay(true)?;
        let http = tiny_http::Server::from_listener(listener, None).map_err(|error| anyhow!("{error}"))?;
        let mut token = [0; 16];
        getrandom::fill(&mut token).map_err(|error| anyhow!("no random numbers: {error}"))?;
        let token = token.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { http, api, port, token })
    }

    /// The address of the page.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Serves until the process ends.
    pub fn run(&self) {
        std::thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    // An error means that the listening thread is gone: nothing more will come.
                    while let Ok(request) = self.http.recv() {
                        self.serve(request);
                    }
                });
            }
        });
    }

    fn serve(&self, mut request: Request) {
        let (status, kind, content) = self.answer(&mut request).unwrap_or_else(|failure| {
            let error = json!({ "error": failure.reason });
            (failure.status, "application/json", error.to_string())
        });
        let mut response = Response::from_string(content).with_status_code(status);
        let headers = [
            ("Content-Type", kind),
            ("Content-Security-Policy", POLICY),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            // Histories are private, and the page belongs to this version.
            ("Cache-Control", "no-store"),
        ];
        for (name, value) in headers {
            response.add_header(Header::from_bytes(name, value).expect("ASCII, written above"));
        }
        // A reader that went away is nobody's trouble.
        let _ = request.respond(response);
    }

    fn answer(&self, request: &mut Request) -> Result<Answer, Failure> {
        self.admit(request)?;
        let path = request.url().split('?').next().unwrap_or_default().to_owned();
        if let Some(call) = path.strip_prefix("/api/") {
            let body = self.body(request)?;
            let answer = self.api.call(call, &body)?;
            return Ok((200, "application/json", answer));
        }
        let (kind, content) =
            page::file(&path, &self.token).ok_or(Failure::new(404, "there is nothing here"))?;
        match request.method() {
            Method::Get | Method::Head => Ok((200, kind, content)),
            _ => Err(Failure::new(405, "files are read with GET")),
        }
    }

    /// Refuses what does not come from our own page or from the address bar.
    fn admit(&self, request: &Request) -> Result<(), Failure> {
        let ours = |authority: &str| {
            let (name, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
            ["127.0.0.1", "localhost"].contains(&name) && port.parse() == Ok(self.port)
        };
        match values(request, "Host").as_slice() {
            [host] if ours(host) => {}
            _ => return Err(Failure::new(403, "the Host header is not this server's")),
        }
        let origin_is_ours = |origin: &&str| origin.strip_prefix("http://").is_some_and(ours);
        if !values(request, "Origin").iter().all(origin_is_ours) {
            return Err(Failure::new(403, "the Origin header is not this server's"));
        }
        Ok(())
    }

    /// The body of a call: from our own page, JSON, and not too long.
    fn body(&self, request: &mut Request) -> Result<Vec<u8>, Failure> {
        if *request.method() != Method::Post {
            return Err(Failure::new(405, "calls are made with POST"));
        }
        if values(request, TOKEN) != [self.token.as_str()] {
            return Err(Failure::new(403, "the token is not that of this start; load the page again"));
        }
        let json = |kind: &&str| kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json");
        if values(request, "Content-Type").iter().filter(|kind| json(kind)).count() != 1 {
            return Err(Failure::new(415, "calls take application/json"));
        }
        let too_long = || Failure::new(413, format!("the body is longer than {MAX_BODY} bytes"));
        if request.body_length().is_some_and(|length| length > MAX_BODY) {
            return Err(too_long());
        }
        let mut body = Vec::new();
        // One byte more than allowed, so that what is too long shows; chunked bodies have no length beforehand.
        let read = request.as_reader().take(MAX_BODY as u64 + 1).read_to_end(&mut body);
        read.map_err(|_| Failure::new(400, "the body ended early"))?;
        if body.len() > MAX_BODY { Err(too_long()) } else { Ok(body) }
    }
}

/// All values of a header.
fn values<'a>(request: &'a Request, name: &'static str) -> Vec<&'a str> {
    let named = request.headers().iter().filter(|header| header.field.equiv(name));
    named.map(|header| header.value.as_str()).collect()
}
