//! What a plugin may do. This is the one place that decides it.

use fame_plugin::{Act, Manifest, Permission, Reply};

/// The permission that `act` needs. A new act does not compile without one.
fn needed(act: Act) -> Permission {
    match act {
        Act::StopSpeaking
        | Act::CancelTurn
        | Act::Repeat
        | Act::VolumeBy(_)
        | Act::RateBy(_)
        | Act::Sleep
        | Act::Wake
        | Act::Mute => Permission::Control,
    }
}

/// Takes out of `reply` the acts that the plugin of `manifest` may not do, and gives them back.
pub fn screen(manifest: &Manifest, reply: &mut Reply) -> Vec<Act> {
    let acts = std::mem::take(&mut reply.acts);
    let permitted = |act: &Act| manifest.permissions.contains(&needed(*act));
    let (kept, refused) = acts.into_iter().partition(permitted);
    reply.acts = kept;
    refused
}
