//! What a request must get past before anybody works on it.
//!
//! The order is that of what a stranger may learn: which server this is (`host`), that it is not
//! for their page (`origin`), that a key is needed (`key`); only with a good key what there is.

pub(crate) mod content;
pub(crate) mod host;
pub(crate) mod key;
pub(crate) mod origin;
pub(crate) mod rate;
