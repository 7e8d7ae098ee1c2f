//! The events of decisions.
