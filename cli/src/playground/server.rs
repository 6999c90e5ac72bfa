//! HTTP on 127.0.0.1. What is refused here never reaches the engine.
//!
//! A page of another site that runs in the same browser can send requests to this machine. It is kept out in three ways: the
//! `Host` header has to be ours (a name that was re-bound to 127.0.0.1 says its own), an `Origin` other than ours is refused,
//! and every call needs the token of this start, which is in our page and cannot be read by another.

use std::io::{self, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use anyhow::{Context, Result};
use oxhttp::model::header::HeaderMap;
use oxhttp::model::{Body, Method, Request, Response, StatusCode};
use serde_json::json;

use super::api::{Api, Failure};
use super::page;

/// Longest body of a call in bytes: the longest query of the engine, escaped, and room for the rest.
const MAX_BODY: usize = 32 * 1024;
/// Free ports that are tried where any will do: another process may take one between choosing it and listening.
const FREE_PORTS: usize = 5;
/// Connections at once, a thread each. A browser keeps at most six to one place; others wait.
const CONNECTIONS: usize = 64;
/// The header with the token.
const TOKEN: &str = "X-Gensr-Token";

/// Everything is our own, nothing is embedded, nothing is embedded elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Served content.
struct Site {
    api: Arc<Api>,
    port: u16,
    token: String,
}

/// An answer: status, content type, content.
type Answer = (u16, &'static str, String);

/// A socket that is listened to.
pub struct Server {
    port: u16,
    listening: oxhttp::ListeningServer,
}

impl Server {
    /// Listens on 127.0.0.1 only, and answers from now on; port 0 takes a free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start(port: u16, api: Api) -> Result<Self> {
        let mut token = [0; 16];
        getrandom::fill(&mut token).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
        let token: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
        let api = Arc::new(api);
        let listen = || Self::listen(port, Arc::clone(&api), token.clone());
        let mut server = listen();
        for _ in 1..FREE_PORTS {
            if port == 0 && server.is_err() {
                server = listen();
            }
        }
        server.with_context(|| format!("cannot listen on port {port}; --port 0 takes a free one"))
    }

    fn listen(port: u16, api: Arc<Api>, token: String) -> io::Result<Self> {
        // The library does not tell which port it got for 0, so a free one is asked for here and let go of.
        let port = match port {
            0 => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr())?.port(),
            named => named,
        };
        let site = Site { api, port, token };
        let listening = oxhttp::Server::new(move |request| site.serve(request))
            .bind((Ipv4Addr::LOCALHOST, port))
            .with_max_concurrent_connections(CONNECTIONS)
            .spawn()?;
        Ok(Self { port, listening })
    }

    /// The address of the page.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Waits until the process ends.
    ///
    /// # Errors
    /// When the listening thread is gone: nothing more will come.
    pub fn join(self) -> Result<()> {
        Ok(self.listening.join()?)
    }
}

impl Site {
    fn serve(&self, request: &mut Request<Body>) -> Response<Body> {
        let (status, kind, content) = self.answer(request).unwrap_or_else(|failure| {
            let error = json!({ "error": failure.reason });
            (failure.status, "application/json", error.to_string())
        });
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
        let status = StatusCode::from_u16(status).expect("one of ours");
        let response = Response::builder().status(status);
        let response =
            headers.into_iter().fold(response, |response, (name, value)| response.header(name, value));
        let mut body = Body::from(content);
        // HEAD gets the same headers without a body: the library sends only the unread rest of a body, with its whole length.
        // Reading from memory cannot fail.
        if request.method() == Method::HEAD {
            let _ = io::copy(&mut body, &mut io::sink());
        }
        response.body(body).expect("ASCII headers, written above")
    }

    fn answer(&self, request: &mut Request<Body>) -> Result<Answer, Failure> {
        self.admit(request)?;
        let path = request.uri().path().to_owned();
        if let Some(call) = path.strip_prefix("/api/") {
            let body = self.body(request)?;
            let answer = self.api.call(call, &body)?;
            return Ok((200, "application/json", answer));
        }
        let (kind, content) =
            page::file(&path, &self.token).ok_or(Failure::new(404, "there is nothing here"))?;
        if ![Method::GET, Method::HEAD].contains(request.method()) {
            return Err(Failure::new(405, "files are read with GET"));
        }
        Ok((200, kind, content))
    }

    /// Refuses what does not come from our own page or from the address bar.
    fn admit(&self, request: &Request<Body>) -> Result<(), Failure> {
        let ours = |authority: &str| {
            let (name, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
            ["127.0.0.1", "localhost"].contains(&name) && port.parse() == Ok(self.port)
        };
        match values(request.headers(), "Host").as_slice() {
            [host] if ours(host) => {}
            _ => return Err(Failure::new(403, "the Host header is not this server's")),
        }
        let origin_is_ours = |origin: &&str| origin.strip_prefix("http://").is_some_and(ours);
        if !values(request.headers(), "Origin").iter().all(origin_is_ours) {
            return Err(Failure::new(403, "the Origin header is not this server's"));
        }
        Ok(())
    }

    /// The body of a call: from our own page, JSON, and not too long.
    fn body(&self, request: &mut Request<Body>) -> Result<Vec<u8>, Failure> {
        if request.method() != Method::POST {
            return Err(Failure::new(405, "calls are made with POST"));
        }
        if values(request.headers(), TOKEN) != [self.token.as_str()] {
            return Err(Failure::new(403, "the token is not that of this start; load the page again"));
        }
        let json = |kind: &&str| kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json");
        if values(request.headers(), "Content-Type").iter().filter(|kind| json(kind)).count() != 1 {
            return Err(Failure::new(415, "calls take application/json"));
        }
        let too_long = || Failure::new(413, format!("the body is longer than {MAX_BODY} bytes"));
        if request.body().len().is_some_and(|length| length > MAX_BODY as u64) {
            return Err(too_long());
        }
        let mut body = Vec::new();
        // One byte more than allowed, so that what is too long shows; chunked bodies have no length beforehand.
        let read = request.body_mut().take(MAX_BODY as u64 + 1).read_to_end(&mut body);
        read.map_err(|_| Failure::new(400, "the body ended early"))?;
        if body.len() > MAX_BODY { Err(too_long()) } else { Ok(body) }
    }
}

/// All values of a header; one that is no text is refused with what it stands for.
fn values<'a>(headers: &'a HeaderMap, name: &'static str) -> Vec<&'a str> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect()
}
