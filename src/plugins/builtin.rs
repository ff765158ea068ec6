//! The plugins that are part of FAME.

use fame_plugin::Plugin;

/// All of them, in the order in which they are listed and in which equal sentences win.
#[must_use]
pub fn all() -> Vec<Box<dyn Plugin>> {
    vec![
        Box::new(fame_plugin_control::Control),
        Box::new(fame_plugin_clock::Clock::default()),
        Box::new(fame_plugin_calculator::Calculator),
        Box::new(fame_plugin_timer::Timers::default()),
        Box::new(fame_plugin_universal_developer::Developer::default()),
        Box::new(fame_plugin_small_talk::SmallTalk::default()),
    ]
}
