//! CORS for actix-web.
