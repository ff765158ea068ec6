//! The REST API and its dashboard.
