//! Everyone answers alike: what is compared would otherwise not be the same work.

use cors_benchmarks::{Answer, Frame, Measure, Scenario, Subject};

/// Status, CORS fields and `Vary`.
#[derive(Debug, PartialEq)]
struct Answered {
    status: u16,
    lines: Vec<(String, String)>,
}

#[derive(Default)]
struct Once(Option<Answered>);

impl Measure for Once {
    fn measure<I, O: Answer>(
        &mut self,
        mut prepare: impl FnMut() -> I,
        mut run: impl FnMut(I) -> O,
    ) {
        let answer = run(prepare());
        let mut lines = answer.lines();
        lines.retain(|(name, _)| name == "vary" || name.starts_with("access-control-"));
        lines.sort();
        self.0 = Some(Answered { status: answer.status(), lines });
    }
}

fn answered(frame: Frame, subject: Subject, scenario: Scenario) -> Answered {
    let mut once = Once::default();
    frame.run(subject, scenario, &mut once);
    once.0.expect("it was run")
}

#[test]
fn the_floor_answers_as_this_library() {
    for &frame in Frame::ALL {
        for scenario in Scenario::ORDINARY {
            let ours = answered(frame, Subject::Ours, scenario);
            let floor = answered(frame, Subject::Floor, scenario);
            assert_eq!(floor, ours, "{frame:?}, {scenario:?}");
        }
    }
}

/// The peers' `Vary`, statuses and the form of their lists are their own, but they allow what this
/// library allows.
#[cfg(feature = "peers")]
#[test]
fn the_peers_allow_the_same() {
    use Scenario as S;
    let actual = [S::s2, S::s2e, S::s2exact, S::s3, S::s5, S::s5e, S::s10];
    let preflights = [S::s6, S::s6c, S::s6three, S::s6any];
    let allowed = [&actual[..], &preflights].concat();
    let refused = [S::s4, S::s4b, S::s7, S::s10b];
    for &frame in Frame::ALL {
        for scenario in allowed.iter().copied().chain(refused) {
            let what = format!("{frame:?}, {scenario:?}");
            let field = |subject, name: &str| {
                let mut lines = answered(frame, subject, scenario).lines.into_iter();
                lines.find(|(own, _)| own == name).map(|(_, value)| value)
            };
            let origin = |subject| field(subject, "access-control-allow-origin");
            let ours = origin(Subject::Ours);
            assert_eq!(ours.is_some(), allowed.contains(&scenario), "{what}");
            assert_eq!(origin(Subject::Peer), ours, "{what}");

            if preflights.contains(&scenario) {
                for (asked, allowed) in [
                    ("access-control-request-method", "access-control-allow-methods"),
                    ("access-control-request-headers", "access-control-allow-headers"),
                ] {
                    let lines = scenario.lines();
                    let (_, asked) = lines.iter().find(|(name, _)| *name == asked).unwrap();
                    for subject in [Subject::Ours, Subject::Peer] {
                        let allowed = field(subject, allowed).unwrap_or_default();
                        assert!(covers(&allowed, asked), "{what}, {subject:?}: {allowed}");
                    }
                }
            }
        }
    }
}

/// Is everything in a list that is asked for?
#[cfg(feature = "peers")]
fn covers(allowed: &str, asked: &str) -> bool {
    let allowed: Vec<&str> = allowed.split(',').map(str::trim).collect();
    asked
        .split(',')
        .all(|asked| allowed.iter().any(|name| *name == "*" || name.eq_ignore_ascii_case(asked)))
}

#[test]
fn nobody_else_answers_where_nobody_is_asked() {
    for &frame in Frame::ALL {
        for scenario in Scenario::ORDINARY {
            let none = answered(frame, Subject::None, scenario);
            let own = scenario.vary().map(|vary| ("vary".to_owned(), vary.to_owned()));
            let lines = Vec::from_iter(own);
            assert_eq!(none, Answered { status: 200, lines }, "{frame:?}, {scenario:?}");
        }
    }
}

/// Those that decide without a framework: the same origins, and of this library the same fields
/// whatever the request is given as.
#[cfg(feature = "peers")]
#[test]
fn everyone_decides_alike() {
    use cors_benchmarks::decisions::{Decider, decide};

    let decided = |decider, scenario| {
        let mut once = Once::default();
        decide(decider, scenario, &mut once);
        once.0.expect("it was run").lines
    };
    let origin = |decider, scenario| {
        let mut lines = decided(decider, scenario).into_iter();
        lines.find(|(name, _)| name == "access-control-allow-origin")
    };
    for scenario in Scenario::ORDINARY {
        let ours = decided(Decider::Ours, scenario);
        assert_eq!(decided(Decider::Lines, scenario), ours, "{scenario:?}");
        // What this library sends beside is a difference: to requests without `Origin`, and to
        // preflights whose origin is allowed, and whose method or headers are not.
        if matches!(scenario, Scenario::s1any | Scenario::s8 | Scenario::s8h) {
            continue;
        }
        for peer in [Decider::Bunner, Decider::Registry] {
            let ours = origin(Decider::Ours, scenario);
            assert_eq!(origin(peer, scenario), ours, "{peer:?}, {scenario:?}");
        }
    }
}
