//! Options that are replaced while requests run.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::CorsOptions;
use crate::context::RequestContext;
#[cfg(any(feature = "toml", feature = "json", feature = "yaml"))]
use crate::error::ConfigErrors;
use crate::provider::{CorsPolicyProvider, ProvidedPolicy};

/// Options that can be replaced as a whole while requests run: give one clone to an adapter and
/// keep another.
///
/// Each request sees the options of one moment, the old or the new, and never a mixture. What is
/// invalid changes nothing.
///
/// ```
/// use cors_core::{CorsPolicy, ReloadableOptions};
///
/// let options = ReloadableOptions::new(CorsPolicy::permissive());
/// // A clone goes to an adapter, as its provider.
/// let provider = options.clone();
///
/// let stricter = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
/// options.replace(stricter);
/// assert!(!provider.current().default_policy().is_some_and(CorsPolicy::allows_any_origin));
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReloadableOptions {
    current: Arc<ArcSwap<CorsOptions>>,
}

impl ReloadableOptions {
    /// Begins with these options.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, ReloadableOptions};
    /// let options = ReloadableOptions::new(CorsPolicy::permissive());
    /// assert!(options.current().default_policy().is_some_and(CorsPolicy::allows_any_origin));
    /// ```
    #[must_use]
    pub fn new(options: impl Into<CorsOptions>) -> Self {
        Self { current: Arc::new(ArcSwap::from_pointee(options.into())) }
    }

    /// The options of this moment.
    ///
    /// ```
    /// # use cors_core::{CorsOptions, CorsPolicy, ReloadableOptions};
    /// let options = ReloadableOptions::new(CorsPolicy::permissive());
    /// let before = options.current();
    /// options.replace(CorsOptions::builder().build()?);
    /// assert!(before.default_policy().is_some(), "what was taken stays as it was");
    /// assert!(options.current().default_policy().is_none());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn current(&self) -> CorsOptions {
        CorsOptions::clone(&self.current.load())
    }

    /// Puts other options in force, for all clones and for every request that begins from now on.
    ///
    /// ```
    /// # use cors_core::{CorsOptions, CorsPolicy, ReloadableOptions};
    /// let options = ReloadableOptions::new(CorsPolicy::permissive());
    /// let other = options.clone();
    /// options.replace(CorsOptions::builder().build()?);
    /// assert!(other.current().default_policy().is_none());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn replace(&self, options: impl Into<CorsOptions>) {
        self.current.store(Arc::new(options.into()));
    }

    /// Reads options from TOML and puts them in force.
    ///
    /// ```
    /// use cors_core::{CorsPolicy, ReloadableOptions};
    ///
    /// let options = ReloadableOptions::new(CorsPolicy::permissive());
    /// assert!(options.reload_toml("default = 'missing'").is_err());
    /// assert!(options.current().default_policy().is_some(), "nothing has changed");
    /// options.reload_toml("[policies.public]\norigins = '*'")?;
    /// assert!(options.current().policy("public").is_some());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`CorsOptions::from_toml`]; the old options stay in force.
    #[cfg(feature = "toml")]
    pub fn reload_toml(&self, text: &str) -> Result<(), ConfigErrors> {
        CorsOptions::from_toml(text).map(|options| self.replace(options))
    }

    /// Reads options from JSON and puts them in force.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, ReloadableOptions};
    /// let options = ReloadableOptions::new(CorsPolicy::permissive());
    /// options.reload_json(r#"{ "policies": { "public": { "origins": "*" } } }"#)?;
    /// assert!(options.current().policy("public").is_some());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`CorsOptions::from_json`]; the old options stay in force.
    #[cfg(feature = "json")]
    pub fn reload_json(&self, text: &str) -> Result<(), ConfigErrors> {
        CorsOptions::from_json(text).map(|options| self.replace(options))
    }

    /// Reads options from YAML and puts them in force.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, ReloadableOptions};
    /// let options = ReloadableOptions::new(CorsPolicy::permissive());
    /// options.reload_yaml("policies:\n  public:\n    origins: '*'")?;
    /// assert!(options.current().policy("public").is_some());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`CorsOptions::from_yaml`]; the old options stay in force.
    #[cfg(feature = "yaml")]
    pub fn reload_yaml(&self, text: &str) -> Result<(), ConfigErrors> {
        CorsOptions::from_yaml(text).map(|options| self.replace(options))
    }

    /// Reads options from a file and puts them in force.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, ReloadableOptions};
    /// let options = ReloadableOptions::new(CorsPolicy::permissive());
    /// assert!(options.reload_file("no-such-folder/cors.toml").is_err());
    /// assert!(options.current().default_policy().is_some(), "nothing has changed");
    /// ```
    ///
    /// # Errors
    ///
    /// As [`CorsOptions::from_file`]; the old options stay in force.
    #[cfg(any(feature = "toml", feature = "json", feature = "yaml"))]
    pub fn reload_file(&self, path: impl AsRef<std::path::Path>) -> Result<(), ConfigErrors> {
        CorsOptions::from_file(path).map(|options| self.replace(options))
    }
}

impl CorsPolicyProvider for ReloadableOptions {
    fn provide(&self, request: &RequestContext<'_>) -> ProvidedPolicy {
        self.current.load().provide(request)
    }
}
