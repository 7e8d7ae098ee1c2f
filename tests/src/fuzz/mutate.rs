//! Mutations that are the same in every run.

/// Changes inputs a little, or joins two, by the numbers that a seed yields.
#[derive(Clone, Debug)]
pub struct Mutator {
    state: u64,
    words: &'static [&'static str],
}

impl Mutator {
    pub fn new(seed: u64, words: &'static [&'static str]) -> Self {
        Self { state: seed, words }
    }

    /// One input out of the corpus, changed in one to four places.
    ///
    /// # Panics
    ///
    /// The corpus is empty.
    pub fn mutate(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut data = corpus[self.below(corpus.len())].clone();
        for _ in 0..=self.below(4) {
            let other = &corpus[self.below(corpus.len())];
            let at = self.below(data.len() + 1);
            match self.below(8) {
                0 if at < data.len() => data[at] = self.byte(),
                1 => data.insert(at, self.byte()),
                2 => {
                    let end = (at + 1 + self.below(8)).min(data.len());
                    data.drain(at..end);
                }
                3 | 4 if !self.words.is_empty() => {
                    let word = self.words[self.below(self.words.len())];
                    data.splice(at..at, word.bytes());
                }
                5 => {
                    data.truncate(at);
                    data.extend(&other[self.below(other.len() + 1)..]);
                }
                6 => {
                    let end = (at + 1 + self.below(16)).min(data.len());
                    let copy = data[at..end].to_vec();
                    data.splice(at..at, copy);
                }
                _ => self.move_lines(&mut data, other),
            }
        }
        data
    }

    /// Puts a line of the other input somewhere between the lines of this one.
    fn move_lines(&mut self, data: &mut Vec<u8>, other: &[u8]) {
        let lines: Vec<_> = other.split(|byte| *byte == b'\n').collect();
        let line = lines[self.below(lines.len())];
        let mut own: Vec<_> = data.split(|byte| *byte == b'\n').collect();
        own.insert(self.below(own.len() + 1), line);
        *data = own.join(&b'\n');
    }

    fn byte(&mut self) -> u8 {
        // Half of them printable.
        match self.next().to_le_bytes() {
            [byte, kind, ..] if kind % 2 == 0 => byte,
            [byte, ..] => b' ' + byte % 95,
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound as u64)).expect("less than a length")
    }

    /// A linear congruential step, of which the high half is used: even low bits have long periods
    /// then.
    fn next(&mut self) -> u64 {
        const MULTIPLIER: u64 = 6_364_136_223_846_793_005;
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(1);
        self.state >> 32
    }
}
