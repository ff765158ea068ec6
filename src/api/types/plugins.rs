//! Plugins.

/// What may be done to a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PluginChange {
    /// Switch it on again.
    Enable,
    /// Switch it off.
    Disable,
    /// Start it anew.
    Reload,
}
