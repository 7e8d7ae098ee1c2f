//! A pure CORS policy engine.
mod fetch;
