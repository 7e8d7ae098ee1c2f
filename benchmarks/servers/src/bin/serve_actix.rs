//! `serve_actix SUBJECT PORT`: HTTP/1.1 and HTTP/2 without TLS, on one worker.

use std::error::Error;
use std::io;

use actix_web::{App, HttpServer, web};
use cors_benchmarks::rules::Three;
use cors_benchmarks::{Subject, actix};

fn main() -> Result<(), Box<dyn Error>> {
    let (subject, port) = servers::arguments()?;
    Ok(actix_web::rt::System::new().block_on(serve(subject, port))?)
}

async fn serve(subject: Subject, port: u16) -> io::Result<()> {
    macro_rules! server {
        ($app:expr) => {
            HttpServer::new(move || $app.route("/", web::get().to(async || "hello")))
                .workers(1)
                .bind_auto_h2c(("127.0.0.1", port))?
                .run()
                .await
        };
    }
    match subject {
        Subject::None => server!(App::new()),
        Subject::Ours => {
            let cors = actix::ours::<Three>();
            server!(App::new().wrap(cors.clone()))
        }
        Subject::Peer => server!(App::new().wrap(actix::peer::<Three>())),
        Subject::Floor => Err(io::Error::other("there is no floor here")),
    }
}
