//! Where we differ from what a vector says, and why: `divergences.toml`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// Vectors that differ for one reason.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Divergence {
    reason: String,
    theirs: Texts,
    ours: Texts,
    vectors: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Several(Vec<String>),
}

impl Texts {
    fn as_slice(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        }
    }
}

/// The comparison of all vectors of a kind with what a server says.
#[derive(Debug)]
pub struct Comparison {
    divergences: Vec<Divergence>,
    agreeing: usize,
    /// The vectors that have a row, with what both sides turned out to say.
    differing: BTreeMap<String, [String; 2]>,
    skipped: BTreeSet<String>,
    complaints: Vec<String>,
}

/// How many vectors were compared, so that none is lost unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub agreeing: usize,
    pub differing: usize,
    /// Those that a server cannot be given.
    pub skipped: usize,
}

impl Comparison {
    /// Begins a comparison with one table of the file.
    ///
    /// # Panics
    ///
    /// There is no such table.
    pub fn with(table: &str) -> Self {
        let text = include_str!("../divergences.toml");
        let mut tables: BTreeMap<String, Vec<Divergence>> =
            toml::from_str(text).unwrap_or_else(|error| panic!("divergences.toml: {error}"));
        let divergences = tables.remove(table).expect("a table of the file");
        let mut ids = BTreeSet::new();
        let all = divergences.iter().flat_map(|group| &group.vectors);
        let twice = all.filter(|id| !ids.insert(*id)).map(|id| format!("{id}: two rows"));
        Self {
            complaints: twice.collect(),
            divergences,
            agreeing: 0,
            differing: BTreeMap::new(),
            skipped: BTreeSet::new(),
        }
    }

    /// Compares one vector.
    pub fn compare(&mut self, id: &str, theirs: &str, ours: &str, context: &str) {
        let row = self.divergences.iter().find(|group| group.vectors.iter().any(|own| own == id));
        let complaint = match row {
            None if theirs == ours => {
                self.agreeing += 1;
                return;
            }
            None => format!("theirs `{theirs}`, ours `{ours}`, and no row says why: {context}"),
            Some(_) if theirs == ours => format!("both say `{ours}`; drop its row"),
            Some(group) if !group.says(theirs, ours) => {
                format!("theirs `{theirs}`, ours `{ours}`, unlike its row: {context}")
            }
            Some(_) => {
                self.differing.insert(id.to_owned(), [theirs.to_owned(), ours.to_owned()]);
                return;
            }
        };
        self.complaints.push(format!("{id}: {complaint}"));
    }

    /// Takes note of a vector that the server cannot be given.
    pub fn skip(&mut self, id: &str) {
        self.skipped.insert(id.to_owned());
    }

    /// Fails unless every vector agrees or has a row, every row has a vector, and the counts are
    /// as expected.
    ///
    /// # Panics
    ///
    /// With all complaints.
    pub fn finish(mut self, expected: Counts) {
        for group in self.divergences.clone() {
            self.look_for_stale(&group);
        }
        let counts = Counts {
            agreeing: self.agreeing,
            differing: self.differing.len(),
            skipped: self.skipped.len(),
        };
        if self.complaints.is_empty() && counts != expected {
            self.complaints.push(format!("counted {counts:?}, expected {expected:?}"));
        }
        let complaints = self.complaints;
        assert!(complaints.is_empty(), "{}:\n{}", complaints.len(), complaints.join("\n"));
    }

    /// Complains of rows without a vector, and of words that no vector of the group says.
    fn look_for_stale(&mut self, group: &Divergence) {
        let mut said: BTreeSet<&str> = BTreeSet::new();
        for id in &group.vectors {
            match self.differing.get(id) {
                Some(texts) => said.extend(texts.iter().map(String::as_str)),
                None if self.skipped.contains(id) => return,
                None => self.complaints.push(format!("{id}: a row without a vector that differs")),
            }
        }
        for text in group.theirs.as_slice().iter().chain(group.ours.as_slice()) {
            if !said.contains(text.as_str()) {
                self.complaints.push(format!("no vector says `{text}`: {}", group.reason));
            }
        }
    }
}

impl Divergence {
    fn says(&self, theirs: &str, ours: &str) -> bool {
        let says = |texts: &Texts, said: &str| texts.as_slice().iter().any(|text| text == said);
        says(&self.theirs, theirs) && says(&self.ours, ours)
    }
}
