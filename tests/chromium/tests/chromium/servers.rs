//! The servers beside the policy servers: of the pages, and of TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::Html;
use axum::routing::get;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::server::TlsStream;

pub const SCRIPT: &str = include_str!("page/script.js");

/// The pages, over http and over https, the same ones under every name.
#[derive(Clone, Copy, Debug)]
pub struct Pages {
    pub plain: SocketAddr,
    pub tls: SocketAddr,
}

impl Pages {
    pub async fn start(acceptor: &TlsAcceptor) -> io::Result<Self> {
        let sandbox = [(CONTENT_SECURITY_POLICY, "sandbox allow-scripts")];
        let app = Router::new()
            .route("/", get(|| async { page("") }))
            .route("/frame", get(|| async { page(FRAME) }))
            .route("/sandboxed", get(move || async move { (sandbox, page("")) }));
        let plain = TcpListener::bind("127.0.0.1:0").await?;
        let tls = Tls { listener: listen().await?, acceptor: acceptor.clone() };
        let pages = Self { plain: plain.local_addr()?, tls: tls.listener.local_addr()? };
        tokio::spawn(axum::serve(plain, app.clone()).into_future());
        tokio::spawn(axum::serve(tls, app).into_future());
        Ok(pages)
    }
}

const FRAME: &str = r#"<iframe sandbox="allow-scripts" src="/"></iframe>"#;

fn page(body: &str) -> Html<String> {
    Html(format!("<!doctype html><title>page</title><script>{SCRIPT}</script>{body}"))
}

async fn listen() -> io::Result<TcpListener> {
    TcpListener::bind("127.0.0.1:0").await
}

/// A certificate that only this run knows; the browser is told not to look at it.
pub fn acceptor() -> Result<TlsAcceptor, Box<dyn std::error::Error>> {
    let certified = rcgen::generate_simple_self_signed(["example.com".to_owned()])?;
    let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key.into())?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Takes the TLS off what `server` is asked, and puts it on what it answers.
pub async fn behind_tls(server: SocketAddr, acceptor: TlsAcceptor) -> io::Result<SocketAddr> {
    let listener = listen().await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((outside, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut inside = TcpStream::connect(server).await?;
                let mut outside = acceptor.accept(outside).await?;
                tokio::io::copy_bidirectional(&mut outside, &mut inside).await
            });
        }
    });
    Ok(address)
}

/// A listener for `axum::serve`. One handshake after the other is enough for one browser.
struct Tls {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl axum::serve::Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            if let Ok((stream, address)) = self.listener.accept().await
                && let Ok(stream) = self.acceptor.accept(stream).await
            {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
