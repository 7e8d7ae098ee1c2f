//! A tree of path rules, segment by segment.
//!
//! Paths are in the syntax of axum's router, and match what they match there. Unlike in a router, any
//! two rules can stand side by side, and a rule that does not apply to a method gives way to the next
//! one: nothing that is configured is ever out of reach.

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::RandomState;

/// Part of a rule's path.
enum Segment<'a> {
    Literal(Cow<'a, str>),
    /// `{id}`: one segment, which is empty only where another one follows, as in axum.
    Parameter,
    /// `{*rest}`, the last: one or more characters.
    Rest,
}

/// The segments of a rule's path; none where it is not one.
fn segments(path: &str) -> Option<Vec<Segment<'_>>> {
    let mut segments = Vec::new();
    let mut rest = Some(path.strip_prefix('/')?);
    while let Some(text) = rest {
        let (segment, after) = split(text);
        segments.push(parse(segment, after.is_none())?);
        rest = after;
    }
    Some(segments)
}

fn parse(segment: &str, is_last: bool) -> Option<Segment<'_>> {
    let name = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
    match name.filter(|name| !name.starts_with('{')) {
        None => literal(segment).map(Segment::Literal),
        Some(name) => {
            let (kind, name) = match name.strip_prefix('*') {
                Some(name) if is_last => (Segment::Rest, name),
                Some(_) => return None,
                None => (Segment::Parameter, name),
            };
            // Some routers take a regex behind a colon.
            (!name.is_empty() && !name.contains(['{', '}', '*', ':'])).then_some(kind)
        }
    }
}

/// A segment's text, in which braces are doubled, in the canonical spelling.
fn literal(segment: &str) -> Option<Cow<'_, str>> {
    if !segment.contains(['{', '}']) {
        return Some(Cow::Borrowed(segment));
    }
    let mut text = String::new();
    let mut characters = segment.chars();
    while let Some(character) = characters.next() {
        match character {
            '{' if characters.next() == Some('{') => text.push_str("%7B"),
            '}' if characters.next() == Some('}') => text.push_str("%7D"),
            '{' | '}' => return None,
            _ => text.push(character),
        }
    }
    Some(Cow::Owned(text))
}

/// The first segment, and what follows its `/`.
fn split(path: &str) -> (&str, Option<&str>) {
    match path.split_once('/') {
        Some((segment, rest)) => (segment, Some(rest)),
        None => (path, None),
    }
}

/// Why a rule cannot be inserted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    NotAPath,
    /// Another value is there for the same paths and this method.
    Taken {
        by: usize,
        method: Option<String>,
    },
}

/// The values at the end of a path, each with the number of its rule.
#[derive(Clone, Default)]
struct Values<T> {
    any_method: Option<(usize, T)>,
    methods: Vec<(String, usize, T)>,
}

impl<T: Copy> Values<T> {
    fn is_empty(&self) -> bool {
        self.any_method.is_none() && self.methods.is_empty()
    }

    fn insert(&mut self, methods: &[String], rule: usize, value: T) -> Result<(), Refusal> {
        if methods.is_empty() {
            if let Some((by, _)) = self.any_method {
                return Err(Refusal::Taken { by, method: None });
            }
            self.any_method = Some((rule, value));
        }
        for method in methods {
            match self.methods.iter().find(|(own, ..)| own == method) {
                None => self.methods.push((method.clone(), rule, value)),
                // It names the method twice.
                Some((_, by, _)) if *by == rule => {}
                Some((_, by, _)) => {
                    return Err(Refusal::Taken { by: *by, method: Some(method.clone()) });
                }
            }
        }
        Ok(())
    }

    /// The value for a method. HEAD is GET without content, where no rule says otherwise.
    fn take(&self, method: Option<&str>, depends_on_method: &mut bool) -> Option<T> {
        *depends_on_method |= !self.methods.is_empty();
        let named = |wanted: &str| self.methods.iter().find(|(own, ..)| own == wanted);
        let like_get = || method.filter(|method| *method == "HEAD").and_then(|_| named("GET"));
        match method.and_then(named).or_else(like_get) {
            Some((.., value)) => Some(*value),
            None => self.any_method.map(|(_, value)| value),
        }
    }
}

/// A place between two segments.
#[derive(Clone)]
pub(super) struct Paths<T> {
    literals: HashMap<Box<str>, Self, RandomState>,
    parameter: Option<Box<Self>>,
    rest: Values<T>,
    end: Values<T>,
}

impl<T> Default for Paths<T> {
    fn default() -> Self {
        let none = || Values { any_method: None, methods: Vec::new() };
        Self { literals: HashMap::default(), parameter: None, rest: none(), end: none() }
    }
}

/// What was found for a path and a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::options) struct Found<T> {
    pub(in crate::options) value: T,
    /// Are there rules on the way that another method might have found instead?
    pub(in crate::options) depends_on_method: bool,
}

impl<T: Copy> Paths<T> {
    /// Adds the value of a rule for the paths that match `path`, and for `methods`, or for all.
    pub(super) fn insert(
        &mut self,
        path: &str,
        methods: &[String],
        rule: usize,
        value: T,
    ) -> Result<(), Refusal> {
        let mut place = self;
        for segment in segments(path).ok_or(Refusal::NotAPath)? {
            place = match segment {
                Segment::Literal(text) => place.literals.entry(text.into()).or_default(),
                Segment::Parameter => place.parameter.get_or_insert_default(),
                Segment::Rest => return place.rest.insert(methods, rule, value),
            };
        }
        place.end.insert(methods, rule, value)
    }

    /// What the most specific rule says that applies to the path and the method, or `default`: at the
    /// first segment where rules differ, a literal is more specific than a parameter, and that than a
    /// rest.
    pub(super) fn find(&self, path: &str, method: Option<&str>, default: T) -> Found<T> {
        let mut depends_on_method = false;
        let rest = path.strip_prefix('/');
        let value = rest.and_then(|rest| self.search(rest, method, &mut depends_on_method));
        Found { value: value.unwrap_or(default), depends_on_method }
    }

    /// Is there a rule for this path alone?
    pub(super) fn spell_out(&self, path: &str) -> bool {
        let mut segments = path.split('/').skip(1);
        let place = segments.try_fold(self, |place, segment| place.literals.get(segment));
        place.is_some_and(|place| !place.end.is_empty())
    }

    /// Goes no deeper than the rules do, however many segments there are.
    fn search(&self, path: &str, method: Option<&str>, depends: &mut bool) -> Option<T> {
        let (segment, rest) = split(path);
        let literal = self.literals.get(segment);
        let parameter = self.parameter.as_deref();
        let parameter = parameter.filter(|_| !segment.is_empty() || rest.is_some());
        let deeper = [literal, parameter].into_iter().flatten().find_map(|next| match rest {
            None => next.end.take(method, depends),
            Some(rest) => next.search(rest, method, depends),
        });
        match deeper {
            None if !path.is_empty() => self.rest.take(method, depends),
            _ => deeper,
        }
    }
}
