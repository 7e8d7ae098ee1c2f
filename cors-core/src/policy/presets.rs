//! Ready-made policies.

use super::{CorsPolicy, CorsPolicyBuilder};
use crate::error::ConfigErrors;
use crate::origin::OriginEntry;

impl CorsPolicy {
    /// Any origin, method, request header and exposed header, never credentials.
    ///
    /// For development, and for public data that needs no login: a page of any site reads what
    /// `curl` reads. A token in `Authorization` is allowed, since only a page that has it can send
    /// it.
    ///
    /// ```
    /// use cors_core::CorsPolicy;
    ///
    /// let policy = CorsPolicy::permissive();
    /// assert!(policy.allows_any_origin() && policy.allows_any_header());
    /// assert!(!policy.supports_credentials());
    /// ```
    #[must_use]
    pub fn permissive() -> Self {
        valid(
            Self::builder()
                .allow_any_origin()
                .allow_any_method()
                .allow_any_header()
                .expose_any_header(),
        )
    }

    /// Pages of this machine on any port, over http or https, with any method and request header,
    /// and with credentials.
    ///
    /// For a development server; in production it would let every program on a visitor's machine
    /// that serves a page act for the visitor.
    ///
    /// ```
    /// use cors_core::CorsPolicy;
    ///
    /// let policy = CorsPolicy::local_development();
    /// assert!(policy.is_origin_allowed("http://localhost:5173"));
    /// assert!(policy.is_origin_allowed("http://tenant-1.localhost:8080"));
    /// assert!(policy.is_origin_allowed("http://[::1]:3000"));
    /// assert!(!policy.is_origin_allowed("http://localhost.evil.example"));
    /// ```
    #[must_use]
    pub fn local_development() -> Self {
        valid(
            Self::builder()
                .with_origins([
                    "http://localhost:*",
                    "https://localhost:*",
                    "http://*.localhost:*",
                    "https://*.localhost:*",
                    "http://127.0.0.1:*",
                    "https://127.0.0.1:*",
                    "http://[::1]:*",
                    "https://[::1]:*",
                ])
                .allow_any_method()
                .allow_any_header()
                .allow_credentials(),
        )
    }

    /// What [gRPC-Web] clients on pages of `origins` need: POST, the protocol's request headers,
    /// and the status fields exposed.
    ///
    /// Add the metadata that your services read or send, and `authorization` where it is used, by
    /// [`to_builder`](Self::to_builder).
    ///
    /// ```
    /// use cors_core::CorsPolicy;
    ///
    /// let policy = CorsPolicy::grpc_web(["https://app.example.com"])?
    ///     .to_builder()
    ///     .with_headers(["authorization"])
    ///     .build()?;
    /// assert!(policy.headers().any(|name| name == "x-grpc-web"));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What is wrong with `origins`.
    ///
    /// [gRPC-Web]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md
    pub fn grpc_web<I>(origins: I) -> Result<Self, ConfigErrors>
    where
        I: IntoIterator<Item: Into<OriginEntry>>,
    {
        Self::builder()
            .with_origins(origins)
            .with_headers(["content-type", "x-grpc-web", "x-user-agent", "grpc-timeout"])
            .with_exposed_headers(["grpc-status", "grpc-message", "grpc-status-details-bin"])
            .build()
    }

    /// What clients of a [Model Context Protocol] server on pages of `origins` need: GET, POST and
    /// DELETE, the session and version headers, and a bearer token.
    ///
    /// The protocol has servers check `Origin` for fear of DNS rebinding, by which a stranger's page
    /// becomes same-origin to a server on localhost: let the adapter
    /// [refuse disallowed origins, even where they are same-origin][refuse], and list the server's own
    /// origin if it has pages of its own.
    ///
    /// ```
    /// use cors_core::CorsPolicy;
    ///
    /// let policy = CorsPolicy::mcp(["https://inspector.example.com"])?;
    /// assert!(policy.exposed_headers().any(|name| name == "mcp-session-id"));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What is wrong with `origins`.
    ///
    /// [Model Context Protocol]: https://modelcontextprotocol.io/specification
    /// [refuse]: crate::adapter::CorsProcessor::refuse_disallowed_origins_even_same_origin
    pub fn mcp<I>(origins: I) -> Result<Self, ConfigErrors>
    where
        I: IntoIterator<Item: Into<OriginEntry>>,
    {
        Self::builder()
            .with_origins(origins)
            .with_methods(["GET", "POST", "DELETE"])
            .with_headers([
                "content-type",
                "authorization",
                "mcp-session-id",
                "mcp-protocol-version",
                "last-event-id",
            ])
            .with_exposed_headers(["mcp-session-id", "www-authenticate"])
            .build()
    }
}

/// The name in results and events of what governs paths that can be read in several ways.
const UNCERTAIN_PATH: &str = "uncertain path";

impl CorsPolicy {
    /// Allows nobody: for a path that nobody knows the policy of. (The domain is one that never exists:
    /// <https://www.rfc-editor.org/rfc/rfc2606#section-2>)
    pub(crate) fn of_uncertain_path() -> Self {
        valid(
            Self::builder().named(UNCERTAIN_PATH).with_origins(["https://uncertain-path.invalid"]),
        )
    }

    pub(crate) fn is_of_uncertain_path(&self) -> bool {
        self.name() == Some(UNCERTAIN_PATH) && *self == Self::of_uncertain_path()
    }
}

#[expect(clippy::expect_used, reason = "the settings are constants, and a test builds them")]
fn valid(settings: CorsPolicyBuilder) -> CorsPolicy {
    settings.build().expect("a preset is valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_build_with_the_warnings_that_they_deserve() {
        assert_eq!(CorsPolicy::permissive().warnings(), []);
        assert!(CorsPolicy::of_uncertain_path().is_of_uncertain_path());
        let warnings: Vec<String> =
            CorsPolicy::local_development().warnings().iter().map(ToString::to_string).collect();
        assert_eq!(
            warnings,
            [
                "headers `*`: any request header is allowed with credentials; listing those that are used is safer"
            ]
        );
        let origins = ["https://app.example.com"];
        assert_eq!(CorsPolicy::grpc_web(origins).unwrap().warnings(), []);
        assert_eq!(CorsPolicy::mcp(origins).unwrap().warnings(), []);
        assert!(CorsPolicy::mcp(["https://app.example.com/"]).is_err());
    }
}
