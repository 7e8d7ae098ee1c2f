//! Policy servers as programs of their own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    pub address: SocketAddr,
    /// What it said once it was listening, with `ADDRESS` for its address.
    pub printed: String,
}

impl Process {
    /// Starts a program on a free port, under the sample.
    ///
    /// # Panics
    ///
    /// It does not start, or not as a policy server does.
    pub fn start(program: &str) -> Self {
        Self::start_with(program, &[])
    }

    /// Starts a program on a free port, with these arguments besides.
    ///
    /// # Panics
    ///
    /// It does not start, or not as a policy server does.
    pub fn start_with(program: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut printed = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("its output is piped"));
        // An empty line ends what it says: the second one.
        while printed.matches("\n\n").count() < 2 {
            let read = output.read_line(&mut printed).expect("it says something");
            assert!(read > 0, "it ended, and said `{printed}`");
        }
        let (_, rest) = printed.split_once("listening on http://").expect("it says where");
        let (address, _) = rest.split_once(';').expect("and what to try");
        let address = address.to_owned();
        Self {
            child,
            address: address.parse().expect("an address"),
            printed: printed.replace(&address, "ADDRESS"),
        }
    }

    /// The number by which the system knows it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
