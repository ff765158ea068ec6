//! Keys: who may ask for what over HTTP.
