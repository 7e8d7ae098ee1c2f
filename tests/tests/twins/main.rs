//! The policy servers of axum and actix are one server to whoever talks to them: they print the
//! same, and answer a thousand requests with the same bytes, but for what the frameworks do by
//! themselves.

mod requests;

use std::process::Command;

use cors_conformance::http2::{self, Connection};
use cors_conformance::wire::{self, Response};
use cors_conformance::{Process, Request};
use requests::Case;

const AXUM: &str = env!("CARGO_BIN_EXE_policy_server_axum");
const ACTIX: &str = env!("CARGO_BIN_EXE_policy_server_actix");

/// What a framework does to an answer by itself: taking it away makes both alike.
#[derive(Clone, Copy)]
struct Habit {
    reason: &'static str,
    remove: fn(&Request, &mut Response),
}

const ORDER: Habit = Habit {
    reason: "the order of lines of different names means nothing, and actix keeps none",
    remove: |_, answer| answer.headers.sort_by(|(one, _), (other, _)| one.cmp(other)),
};

const ALLOW_SPACES: Habit = Habit {
    reason: "in `Allow`, actix writes a space after each comma",
    remove: |_, answer| {
        let allow = answer.headers.iter_mut().filter(|(name, _)| name == "allow");
        allow.for_each(|(_, value)| value.retain(|byte| *byte != b' '));
    },
};

const ALLOW_ADDED: Habit = Habit {
    reason: "where a path has no handler for a method, axum adds `Allow` to whatever answers it, \
             a preflight's answer by the layer included",
    remove: |request, answer| {
        if request.method == "OPTIONS" && answer.status != 405 {
            answer.headers.retain(|(name, _)| name != "allow");
        }
    },
};

const EMPTY_TO_HEAD: Habit = Habit {
    reason: "to HEAD, actix leaves `Content-Length: 0` out with 204, and axum with the others",
    remove: |request, answer| {
        if request.method == "HEAD" {
            answer.headers.retain(|(name, value)| name != "content-length" || value != b"0");
        }
    },
};

const EMPTY_OVER_HTTP2: Habit = Habit {
    reason: "over HTTP/2, which ends a body by itself, each leaves `Content-Length: 0` out at times",
    remove: |_, answer| {
        answer.headers.retain(|(name, value)| name != "content-length" || value != b"0");
    },
};

/// A target that the frameworks read in different ways: each answers as to another one, as which
/// it is read.
#[derive(Clone, Copy)]
struct Reading {
    target: &'static str,
    axum: &'static str,
    actix: &'static str,
    reason: &'static str,
}

const DECODED: &str = "actix decodes a path before it looks for its resource, axum does not";

const READINGS: [Reading; 2] = [
    Reading {
        target: "/%73torefront/echo",
        axum: "/no/such/path",
        actix: "/storefront/echo",
        reason: DECODED,
    },
    Reading {
        target: "/storefront/ech%6F",
        axum: "/storefront/",
        actix: "/storefront/echo",
        reason: DECODED,
    },
];

/// A client of HTTP/2 does not send it.
const NOT_ASCII: Reading = Reading {
    target: "/storefront/status/2é",
    axum: "/storefront/status/x",
    actix: "/storefront/<echo>",
    reason: "version 0.2 of `http`, which actix is on, takes only ASCII for a target",
};

#[test]
fn the_servers_print_the_same() {
    let [axum, actix] = [AXUM, ACTIX].map(Process::start);
    assert!(axum.printed.contains("curl -i http://ADDRESS/storefront/echo"), "{}", axum.printed);
    assert_eq!(axum.printed, actix.printed);
}

#[test]
fn the_servers_end_alike() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for (arguments, code) in [
        (&["--help"][..], 0),
        (&["--port", "1"], 2),
        (&["--listen"], 2),
        (&["--config", "missing.toml"], 1),
        (&["--config", manifest], 1),
        (&["--listen", "nowhere"], 1),
    ] {
        let outputs = [AXUM, ACTIX].map(|program| {
            let output = Command::new(program).args(arguments).output().expect("it runs");
            let text = |bytes| String::from_utf8(bytes).expect("it prints text");
            (output.status.code(), text(output.stdout), text(output.stderr))
        });
        assert_eq!(outputs[0], outputs[1], "{arguments:?}");
        assert_eq!(outputs[0].0, Some(code), "{arguments:?}");
    }
}

#[test]
fn the_servers_answer_a_thousand_requests_alike() {
    let [axum, actix] = [AXUM, ACTIX].map(Process::start);
    let mut comparison = Comparison::new(
        &[ORDER, ALLOW_SPACES, ALLOW_ADDED, EMPTY_TO_HEAD],
        &[&READINGS[..], &[NOT_ASCII]].concat(),
    );
    for case in requests::generate(1000) {
        let send = |server: &Process, case: &Case| wire::send(server.address, &case.message());
        comparison.compare(&case, |case| send(&axum, case), |case| send(&actix, case));
    }
    comparison.finish(1000);
}

#[test]
fn the_servers_answer_alike_over_http2() {
    let servers = [AXUM, ACTIX].map(Process::start);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let [mut axum, mut actix] =
        servers.each_ref().map(|server| runtime.block_on(Connection::open(server.address)));
    let habits = [ORDER, ALLOW_SPACES, ALLOW_ADDED, EMPTY_OVER_HTTP2];
    let mut comparison = Comparison::new(&habits, &READINGS);
    for case in requests::generate(1000) {
        if case.well_formed().and_then(http2::request).is_some() {
            let request = |case: &Case| http2::request(&case.request).expect("a request");
            comparison.compare(
                &case,
                |case| runtime.block_on(axum.send(request(case))),
                |case| runtime.block_on(actix.send(request(case))),
            );
        }
    }
    comparison.finish(867);
}

/// The rows, how often each was needed, and what none explains.
struct Comparison {
    habits: Vec<(Habit, usize)>,
    readings: Vec<(Reading, usize)>,
    compared: usize,
    complaints: Vec<String>,
}

impl Comparison {
    fn new(habits: &[Habit], readings: &[Reading]) -> Self {
        Self {
            habits: habits.iter().map(|habit| (*habit, 0)).collect(),
            readings: readings.iter().map(|reading| (*reading, 0)).collect(),
            compared: 0,
            complaints: Vec::new(),
        }
    }

    /// Sends a case to both servers, and again as each reads it where a row says how.
    fn compare(
        &mut self,
        case: &Case,
        mut axum: impl FnMut(&Case) -> Response,
        mut actix: impl FnMut(&Case) -> Response,
    ) {
        self.compared += 1;
        let answers = [dated(axum(case)), dated(actix(case))];
        let habits: Vec<_> = self.habits.iter().map(|(habit, _)| *habit).collect();
        let agree = are_alike(&case.request, &answers, habits.iter());
        let reading = self.readings.iter_mut().find(|(row, _)| Some(row.target) == case.oddity);
        if let Some((row, used)) = reading {
            *used += usize::from(!agree);
            let row = *row;
            let read = dated(axum(&case.with_target(row.axum)));
            self.compare_with_read(case, "axum", &answers[0], as_read(read, row.axum, row.target));
            let read = dated(actix(&case.with_target(row.actix)));
            self.compare_with_read(
                case,
                "actix",
                &answers[1],
                as_read(read, row.actix, row.target),
            );
        } else if agree {
            for (index, (_, used)) in self.habits.iter_mut().enumerate() {
                let others = habits.iter().enumerate().filter(|(other, _)| *other != index);
                let others = others.map(|(_, habit)| habit);
                *used += usize::from(!are_alike(&case.request, &answers, others));
            }
        } else {
            let [axum, actix] = answers.each_ref().map(show);
            self.complaints.push(format!("{case}\n  axum  {axum}\n  actix {actix}"));
        }
    }

    /// One server answers as its row says.
    fn compare_with_read(&mut self, case: &Case, server: &str, answer: &Response, read: Response) {
        let answers = [answer.clone(), read];
        if !are_alike(&case.request, &answers, [ORDER].iter()) {
            let [answer, read] = answers.each_ref().map(show);
            self.complaints.push(format!("{case}\n  {server} {answer}\n  unlike {read}"));
        }
    }

    /// Fails where answers differ, where a row was not needed, and where too little was compared.
    fn finish(self, expected: usize) {
        assert!(self.complaints.is_empty(), "{}", self.complaints.join("\n"));
        for (habit, used) in self.habits {
            assert!(used > 0, "no answer needs the row `{}`", habit.reason);
        }
        for (reading, used) in self.readings {
            assert!(used > 0, "no answer needs the row of {}: {}", reading.target, reading.reason);
        }
        assert_eq!(self.compared, expected);
    }
}

/// Are both the same without these habits?
fn are_alike<'a>(
    request: &Request,
    answers: &[Response; 2],
    habits: impl Iterator<Item = &'a Habit>,
) -> bool {
    let [mut one, mut other] = answers.clone();
    for habit in habits {
        (habit.remove)(request, &mut one);
        (habit.remove)(request, &mut other);
    }
    one == other
}

/// The answer without its date, which it has to have once.
fn dated(mut answer: Response) -> Response {
    let lines = answer.headers.len();
    answer.headers.retain(|(name, _)| name != "date");
    assert_eq!(answer.headers.len() + 1, lines, "{}", show(&answer));
    answer
}

/// The answer to a request for `read`, as it has to be for `target`: an echo names the target.
fn as_read(mut answer: Response, read: &str, target: &str) -> Response {
    let is_echo = answer.headers.contains(&("content-type".into(), b"application/json".to_vec()));
    if is_echo {
        let [from, to] = [read, target].map(|path| format!("\"path\":\"{path}\""));
        let body = String::from_utf8(answer.body).expect("JSON is text");
        answer.body = body.replacen(&from, &to, 1).into_bytes();
        let lengths = answer.headers.iter_mut().filter(|(name, _)| name == "content-length");
        for (_, length) in lengths {
            let text = str::from_utf8(length).expect("a number is text");
            let read_length: usize = text.parse().expect("a length is a number");
            *length = (read_length + to.len() - from.len()).to_string().into_bytes();
        }
    }
    answer
}

fn show(Response { status, headers, body }: &Response) -> String {
    let lines = headers.iter().map(|(name, value)| format!("{name}: {}", value.escape_ascii()));
    let lines: Vec<_> = lines.collect();
    format!("{status} {} `{}`", lines.join(" | "), body.escape_ascii())
}
