//! IPv6 addresses in the one form in which browsers send them.

use std::fmt::{self, Write as _};
use std::net::Ipv6Addr;

/// Is `text` the serialisation of `address`, compared without building it?
pub(super) fn is_serialized(address: Ipv6Addr, text: &str) -> bool {
    struct Expected<'a>(&'a str);
    impl fmt::Write for Expected<'_> {
        fn write_str(&mut self, written: &str) -> fmt::Result {
            self.0 = self.0.strip_prefix(written).ok_or(fmt::Error)?;
            Ok(())
        }
    }
    let mut rest = Expected(text);
    write!(rest, "{}", Serialized(address)).is_ok() && rest.0.is_empty()
}

/// Displays an address as the [URL standard serialises it], which is as the standard library does
/// but for IPv4-mapped addresses, whose tail is never dotted.
///
/// [URL standard serialises it]: https://url.spec.whatwg.org/#concept-ipv6-serializer
pub(super) struct Serialized(pub(super) Ipv6Addr);

impl fmt::Display for Serialized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.segments() {
            [0, 0, 0, 0, 0, 0xffff, high, low] => write!(f, "::ffff:{high:x}:{low:x}"),
            _ => write!(f, "{}", self.0),
        }
    }
}
