//! Which path the rules see: the one that actix's router matches, whole and in one spelling.

use actix_web::middleware::{NormalizePath, TrailingSlash};
use actix_web::{App, HttpResponse, web};
use cors_actix::{Cors, CorsOptions};

use super::{ORIGIN, actual, policy, preflight, send, start, summary};

fn options() -> CorsOptions {
    CorsOptions::builder()
        .add_policy("open", policy("open"))
        .add_policy("admin", policy("admin"))
        .default_policy("open")
        .route("/admin/{*rest}", "admin")
        .route("/caf%C3%A9/{*rest}", "admin")
        .route("/a%20b/{*rest}", "admin")
        .route("/what%3F/{*rest}", "admin")
        .build()
        .unwrap()
}

#[actix_web::test]
async fn no_spelling_of_a_path_escapes_its_rule() {
    // The resources behind the rules, in the syntax of actix's router, which matches decoded paths.
    let app = ["/admin/x", "/café/x", "/a b/x", "/what?/x"]
        .into_iter()
        .fold(App::new(), |app, path| app.route(path, web::get().to(HttpResponse::Ok)))
        .wrap(Cors::new(options()));
    let app = start(app).await;
    for (path, expected) in [
        ("/admin/x", "200 admin"),
        ("/admin/x?query", "200 admin"),
        ("/%61dmin/x", "200 admin"),
        ("/%61%64%6d%69%6E/x", "200 admin"),
        ("/admin/%78", "200 admin"),
        ("/caf%C3%A9/x", "200 admin"),
        ("/caf%c3%a9/x", "200 admin"),
        ("/a%20b/x", "200 admin"),
        ("/what%3f/x", "200 admin"),
        ("/%61%20b/x", "200 admin"),
        ("/admin/%40x", "404 admin"),
        // What the router does not decode leads to other resources.
        ("/%2561dmin/x", "404 open"),
        ("/ADMIN/x", "404 open"),
        // A server of files would read these as `/admin/x`.
        ("/admin%2Fx", "404 -"),
        ("//admin/x", "404 -"),
        ("/open/..%2Fadmin/x", "404 -"),
        ("/admin/../admin/x", "404 admin"),
        ("/%FF/x", "404 open"),
    ] {
        let response = send(&app, actual("GET", path, ORIGIN)).await;
        assert_eq!(summary(&response), expected, "{path}");
        let response = send(&app, preflight("GET", path, ORIGIN)).await;
        let (_, policy) = expected.split_once(' ').unwrap();
        let status = if policy == "-" { 403 } else { 204 };
        assert_eq!(summary(&response), format!("{status} {policy}"), "preflight of {path}");
    }
}

#[actix_web::test]
async fn in_scopes_and_resources_rules_see_the_whole_path() {
    let options = |path: &str| {
        CorsOptions::builder()
            .add_policy("rule", policy("rule"))
            .route(path, "rule")
            .build()
            .unwrap()
    };
    let whole = || Cors::new(options("/outer/{id}/inner/x"));
    let resource = || web::resource("/x").route(web::get().to(HttpResponse::Ok));
    let around_resource =
        web::scope("/outer/{id}").service(web::scope("/inner").service(resource().wrap(whole())));
    let around_inner_scope =
        web::scope("/outer/{id}").service(web::scope("/inner").service(resource()).wrap(whole()));
    let around_outer_scope =
        web::scope("/outer/{id}").service(web::scope("/inner").service(resource())).wrap(whole());
    for app in [
        start(App::new().service(around_resource)).await,
        start(App::new().service(around_inner_scope)).await,
        start(App::new().service(around_outer_scope)).await,
    ] {
        for path in ["/outer/7/inner/x", "/%6futer/7/inner/x"] {
            let response = send(&app, actual("GET", path, ORIGIN)).await;
            assert_eq!(summary(&response), "200 rule", "{path}");
            let response = send(&app, preflight("GET", path, ORIGIN)).await;
            assert_eq!(summary(&response), "204 rule", "{path}");
        }
    }
    let inner = web::scope("/outer").service(resource().wrap(Cors::new(options("/x"))));
    let app = start(App::new().service(inner)).await;
    assert_eq!(summary(&send(&app, actual("GET", "/outer/x", ORIGIN)).await), "200 -");
}

#[actix_web::test]
async fn rules_see_what_middleware_outside_made_of_the_path() {
    let normalize = || NormalizePath::new(TrailingSlash::Trim);
    let app = || App::new().route("/admin/x", web::get().to(HttpResponse::Ok));
    let outside = start(app().wrap(Cors::new(options())).wrap(normalize())).await;
    let inside = start(app().wrap(normalize()).wrap(Cors::new(options()))).await;
    for path in ["//admin//x/", "/%61dmin/x/"] {
        assert_eq!(summary(&send(&outside, actual("GET", path, ORIGIN)).await), "200 admin");
    }
    // Inside, it leads past the rule, and nobody may read the response.
    let response = send(&inside, actual("GET", "//admin//x/", ORIGIN)).await;
    assert_eq!(summary(&response), "200 -");
}
