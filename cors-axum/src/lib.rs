//! CORS for axum and every other tower service.
