//! What both servers do.

use std::env;
use std::error::Error;

use cors_benchmarks::Subject;

/// The subject and the port of the command line.
///
/// # Errors
///
/// They are not there.
pub fn arguments() -> Result<(Subject, u16), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [subject, port] = &arguments[..] else { return Err("usage: SUBJECT PORT".into()) };
    let subject = Subject::named(subject).ok_or("the subject is none, ours or peer")?;
    Ok((subject, port.parse()?))
}
