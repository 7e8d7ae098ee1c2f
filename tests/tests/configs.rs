//! Which policies are valid: ours build exactly where those of other implementations are
//! accepted, but for the table of divergences.

use cors_conformance::divergences::{Comparison, Counts};
use cors_conformance::vectors::{ConfigVector, PATH, PEERS, Peer};
use cors_conformance::{Dangers, translate};
use cors_core::ConfigErrors;
use cors_core::adapter::CorsProcessor;
use http::StatusCode;

#[test]
fn policies_are_valid_as_elsewhere() {
    let mut comparison = Comparison::with("configs");
    for vector in PEERS.iter().flat_map(|peer| Peer::load(peer).configs) {
        let theirs = if vector.valid { "valid" } else { "refused" };
        let ours = match (build(&vector), vector.valid) {
            (Ok(()), _) => "valid".to_owned(),
            // That a policy is refused on both sides is what counts, not the words.
            (Err(_), false) => "refused".to_owned(),
            (Err(reason), true) => reason,
        };
        comparison.compare(&vector.id, theirs, &ours, &format!("{:?}", vector.policy));
    }
    comparison.finish(Counts { agreeing: 289, differing: 117, skipped: 0 });
}

/// Builds the policy, and sets the preflight's status, where the vector speaks of one.
fn build(vector: &ConfigVector) -> Result<(), String> {
    let translation = translate::policy(Some(&vector.policy), Dangers::AsWritten)
        .map_err(|reason| format!("refused: {reason}"))?;
    let words = |errors: ConfigErrors| translate::refused(&errors);
    translation.governs.options(PATH).map_err(words)?;
    if let Some(status) = translation.preflight_status {
        let status = StatusCode::from_u16(status).expect("a status");
        let _ = CorsProcessor::new().preflight_status(status).map_err(words)?;
    }
    Ok(())
}
