//! The record of everything that was done, which nobody can change unnoticed.
