//! Fields compared and printed.

use std::fmt;

use super::{CorsField, CorsFields};

impl<'a> CorsFields<'a> {
    /// The lines in their order.
    pub(crate) fn lines(&self) -> [Option<(CorsField, &'a [u8])>; CorsField::COUNT] {
        let mut lines = [None; CorsField::COUNT];
        let mut places = lines.iter_mut();
        self.for_each(|field, value| {
            if let Some(place) = places.next() {
                *place = Some((field, value.as_bytes()));
            }
        });
        lines
    }
}

impl PartialEq for CorsFields<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.lines() == other.lines() && self.vary() == other.vary()
    }
}

impl Eq for CorsFields<'_> {}

impl fmt::Debug for CorsFields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("CorsFields");
        fields.field("policy", &self.policy.name());
        self.for_each(|field, value| {
            let value = value.as_bytes().escape_ascii();
            fields.field(field.name().as_str(), &format_args!("`{value}`"));
        });
        fields.field("vary", &self.vary()).finish()
    }
}
