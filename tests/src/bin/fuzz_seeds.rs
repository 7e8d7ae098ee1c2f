//! Writes the seeds of every target into `fuzz/corpus/`, where `cargo fuzz` looks for them, and
//! beside them a dictionary for each.

use std::path::Path;
use std::{fs, io};

use cors_conformance::fuzz::TARGETS;

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for target in TARGETS {
        let folder = corpus.join(target.name);
        fs::create_dir_all(&folder)?;
        let seeds = (target.seeds)();
        for (index, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{index:04}")), seed)?;
        }
        let escape = |byte: u8| format!("\\x{byte:02x}");
        let word = |word: &&str| format!("\"{}\"\n", word.bytes().map(escape).collect::<String>());
        let dictionary: String = target.words.iter().map(word).collect();
        fs::write(corpus.join(format!("{}.dict", target.name)), dictionary)?;
        println!("{}: {} seeds", target.name, seeds.len());
    }
    Ok(())
}
