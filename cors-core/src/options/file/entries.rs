//! Values that a policy file writes in more than one way.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::policy::NullOrigin;

const NULL_WITH_CREDENTIALS: &str = "dangerously-with-credentials";

/// A list, or the string `*`, which is the list of itself.
#[derive(PartialEq)]
pub(super) struct Entries<T>(pub(super) Vec<T>);

impl<T> Entries<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Serialize> Serialize for Entries<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de> + From<String>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de> + From<String>> Visitor<'de> for EntriesVisitor<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list, or the string \"*\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                match text {
                    "*" => Ok(Entries(vec![T::from(text.to_owned())])),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = list.next_element()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_any(EntriesVisitor(PhantomData))
    }
}

/// An entry that is a string, or a table where it accepts a danger.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum TextOr<T> {
    Text(String),
    Table(T),
}

impl<T> From<String> for TextOr<T> {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for TextOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for TextOrVisitor<T> {
            type Value = TextOr<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, or a table with `dangerously_allow`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(TextOr::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(TextOr::Table)
            }
        }

        deserializer.deserialize_any(TextOrVisitor(PhantomData))
    }
}

impl Serialize for NullOrigin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Refused => serializer.serialize_bool(false),
            Self::Allowed => serializer.serialize_bool(true),
            Self::DangerouslyAllowedWithCredentials => {
                serializer.serialize_str(NULL_WITH_CREDENTIALS)
            }
        }
    }
}

impl<'de> Deserialize<'de> for NullOrigin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NullOriginVisitor;

        impl Visitor<'_> for NullOriginVisitor {
            type Value = NullOrigin;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "true, false, or the string \"{NULL_WITH_CREDENTIALS}\"")
            }

            fn visit_bool<E: de::Error>(self, allowed: bool) -> Result<NullOrigin, E> {
                Ok(if allowed { NullOrigin::Allowed } else { NullOrigin::Refused })
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<NullOrigin, E> {
                match text {
                    NULL_WITH_CREDENTIALS => Ok(NullOrigin::DangerouslyAllowedWithCredentials),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_any(NullOriginVisitor)
    }
}

/// A whole number, and not one that is negative or a fraction.
pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    struct SecondsVisitor;

    impl Visitor<'_> for SecondsVisitor {
        type Value = Option<u64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number of seconds")
        }

        fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Option<u64>, E> {
            Ok(Some(seconds))
        }

        fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Option<u64>, E> {
            match u64::try_from(seconds) {
                Ok(seconds) => Ok(Some(seconds)),
                Err(_) => Err(E::invalid_value(de::Unexpected::Signed(seconds), &self)),
            }
        }
    }

    deserializer.deserialize_any(SecondsVisitor)
}
