//! The harness of the conformance tests.
