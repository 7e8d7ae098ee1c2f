//! Pages that fetch from applications in the same process: the road of a request in both adapters,
//! and what it shows of other CORS layers.

mod application;
mod caches;
mod errors;
mod peers;
mod road;
