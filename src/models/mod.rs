//! Speech models: which there are, where they lie, whether a file is sound, and how to get one.
//!
//! ```no_run
//! use fame::models::{self, SearchPath};
//!
//! let model = models::resolve("tiny.en-fit", &SearchPath::standard(None))?;
//! println!("{} at {}", model.name, model.path.display());
//! # Ok::<(), models::ModelError>(())
//! ```
//!
//! [`resolve`] gives only files that whisper.cpp can open: it is C++, and a file that it does not
//! expect can end the whole program, so every file is walked through first (see [`check`]).

mod catalog;
mod check;
mod digest;
mod format;
mod import;
mod install;
mod pull;
mod resolve;
mod search;

pub use catalog::{Catalog, CatalogError, Entry, Window};
pub use check::{ModelError, ModelFacts, check};
pub use import::{Imported, import};
pub use install::InstallError;
pub use pull::{Progress, PullLimits, pull};
pub use resolve::{Model, resolve};
pub use search::SearchPath;
