//! What web-platform-tests expect and what a real Chromium did, against the browser's half.
//!
//! Every case agrees or stands in a table of divergences, in which a row that nothing needs fails.

#[cfg(test)]
mod chromium;
#[cfg(test)]
mod run;
#[cfg(test)]
mod vectors;
#[cfg(test)]
mod wpt;
