//! Both adapters without a socket between: what they see are the frameworks' own requests.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, web};
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use cors_actix::Cors;
use cors_axum::CorsLayer;
use cors_core::CorsOptions;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use tower::ServiceExt;

use super::wire::is_framing;
use super::{
    Answer, Application, Lines, Request, Server, Unrepresentable, actix as web_app, axum as router,
    trim,
};

/// `cors-axum` in front of a router, called directly.
#[derive(Debug)]
pub struct AxumInProcess {
    app: Router,
    runs: Arc<AtomicUsize>,
}

impl Server for AxumInProcess {
    fn start(options: CorsOptions, application: Application) -> Self {
        let runs = Arc::new(AtomicUsize::new(0));
        let app = router::app(application, runs.clone()).layer(CorsLayer::new(options));
        Self { app, runs }
    }

    fn answer(&self, request: &Request) -> Result<Answer, Unrepresentable> {
        let mut http = http::Request::builder().method(&*request.method).uri(&*request.path);
        for (name, value) in &request.headers {
            http = http.header(name, trim(value));
        }
        let http = http.body(Body::empty()).map_err(|_| Unrepresentable::RawBytes)?;
        let before = self.runs.load(Ordering::SeqCst);
        let answer = self.app.clone().oneshot(http).now_or_never().expect("nothing waits");
        let response: Response = answer.unwrap_or_else(|error: Infallible| match error {});
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
        let application_ran = self.runs.load(Ordering::SeqCst) > before;
        Ok(Answer { status: response.status().as_u16(), headers: lines(headers), application_ran })
    }
}

/// `cors-actix` around an application, called directly.
pub struct ActixInProcess {
    call: Box<dyn Fn(TestRequest) -> LocalBoxFuture<'static, (u16, Lines)>>,
    runs: Arc<AtomicUsize>,
}

impl fmt::Debug for ActixInProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActixInProcess").finish_non_exhaustive()
    }
}

impl Server for ActixInProcess {
    fn start(options: CorsOptions, application: Application) -> Self {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = runs.clone();
        let handler = move || web_app::answer(application.clone(), counted.clone());
        let app = App::new().wrap(Cors::new(options)).default_service(web::to(handler));
        let app = init_service(app).now_or_never().expect("nothing waits");
        let call = move |request: TestRequest| {
            let response = app.call(request.to_request());
            async move { head(&response.await.expect("no error passes the middleware")) }
                .boxed_local()
        };
        Self { call: Box::new(call), runs }
    }

    fn answer(&self, request: &Request) -> Result<Answer, Unrepresentable> {
        // The frameworks have a version each of these types.
        let raw = |_| Unrepresentable::RawBytes;
        let method = actix_web::http::Method::from_bytes(request.method.as_bytes()).map_err(raw)?;
        let mut http = TestRequest::with_uri(&request.path).method(method);
        for (name, value) in &request.headers {
            let name = HeaderName::from_bytes(name.as_bytes());
            let value = HeaderValue::from_bytes(trim(value));
            let (Ok(name), Ok(value)) = (name, value) else {
                return Err(Unrepresentable::RawBytes);
            };
            http = http.append_header((name, value));
        }
        let before = self.runs.load(Ordering::SeqCst);
        let (status, headers) = (self.call)(http).now_or_never().expect("nothing waits");
        let application_ran = self.runs.load(Ordering::SeqCst) > before;
        Ok(Answer { status, headers, application_ran })
    }
}

fn head(response: &ServiceResponse<impl MessageBody>) -> (u16, Lines) {
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
    (response.status().as_u16(), lines(headers))
}

fn lines<'a>(headers: impl Iterator<Item = (&'a str, &'a [u8])>) -> Lines {
    let own = headers.filter(|(name, _)| !is_framing(name));
    own.map(|(name, value)| (name.to_owned(), value.to_vec())).collect()
}
