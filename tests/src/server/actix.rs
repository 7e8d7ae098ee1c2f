//! The actix middleware around an application, over a socket.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, HttpServer, web};
use cors_actix::Cors;
use cors_core::CorsOptions;

use super::wire::{self, Listening};
use super::{Answer, Application, Request, Server, Unrepresentable};

/// `cors-actix` under real HTTP messages.
#[derive(Debug)]
pub struct Actix {
    address: SocketAddr,
    runs: Arc<AtomicUsize>,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Server for Actix {
    fn start(options: CorsOptions, application: Application) -> Self {
        let runs = Arc::new(AtomicUsize::new(0));
        let (sender, started) = channel();
        let counted = runs.clone();
        let cors = Cors::new(options);
        let thread = std::thread::spawn(move || {
            let serve = async move {
                let server = HttpServer::new(move || {
                    let (application, runs) = (application.clone(), counted.clone());
                    App::new()
                        .wrap(cors.clone())
                        .default_service(web::to(move || answer(application.clone(), runs.clone())))
                })
                .workers(1)
                .disable_signals()
                .bind_auto_h2c("127.0.0.1:0")
                .expect("a port is free");
                let address = *server.addrs().first().expect("a bound server has an address");
                let server = server.run();
                sender.send((address, server.handle())).expect("somebody waits for the address");
                server.await.expect("a server runs");
            };
            actix_web::rt::System::new().block_on(serve);
        });
        let (address, handle) = started.recv().expect("a server starts");
        Self { address, runs, handle, thread: Some(thread) }
    }

    fn answer(&self, request: &Request) -> Result<Answer, Unrepresentable> {
        wire::exchange(self, request)
    }
}

impl Listening for Actix {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn runs(&self) -> &AtomicUsize {
        &self.runs
    }
}

impl Drop for Actix {
    fn drop(&mut self) {
        // What is sent is the order to stop; the future waits until it is carried out.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Answers everything alike, and counts how often.
pub(super) async fn answer(application: Application, runs: Arc<AtomicUsize>) -> HttpResponse {
    runs.fetch_add(1, Ordering::SeqCst);
    let status = StatusCode::from_u16(application.status).expect("an application sends a status");
    let mut response = HttpResponse::build(status);
    for (name, value) in &application.headers {
        response.append_header((name.as_str(), value.as_slice()));
    }
    response.finish()
}
