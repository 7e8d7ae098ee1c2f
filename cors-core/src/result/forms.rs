//! Results compared, printed and serialised.

use std::fmt;

use super::CorsResult;

impl PartialEq for CorsResult {
    fn eq(&self, other: &Self) -> bool {
        self.outcome == other.outcome && self.response_fields() == other.response_fields()
    }
}

impl Eq for CorsResult {}

impl fmt::Debug for CorsResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = f.debug_struct("CorsResult");
        result.field("policy", &self.policy().name()).field("outcome", &self.outcome);
        for (name, value) in self.fields() {
            result.field(name.as_str(), &format_args!("`{}`", value.escape_ascii()));
        }
        result.field("vary", &self.vary()).finish()
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for CorsResult {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let fields: indexmap::IndexMap<_, _> = self
            .fields()
            .map(|(name, value)| (name.as_str().to_owned(), value.escape_ascii().to_string()))
            .collect();
        let reasons: Vec<_> = self.reasons().collect();
        let mut result = serializer.serialize_struct("CorsResult", 6)?;
        result.serialize_field("policy", &self.policy().name())?;
        result.serialize_field("kind", &self.kind())?;
        result.serialize_field("allowed", &reasons.is_empty())?;
        result.serialize_field("reasons", &reasons)?;
        result.serialize_field("fields", &fields)?;
        result.serialize_field("vary", &self.vary())?;
        result.end()
    }
}
