//! Running a plugin's handler, whatever it does.

use std::sync::Arc;
use std::time::Duration;

use fame_plugin::{PluginError, Reply, Request};

use crate::plugins::{Loaded, screen};

/// The reply of `loaded` to `request`: its own if it gives one within `limit`, else a sentence
/// that says what happened. A call that runs over its time goes on without anybody listening and
/// counts as running until it ends.
pub(super) async fn call(loaded: &Loaded, request: Request, limit: Duration) -> Reply {
    let name = &loaded.manifest.name;
    let id = loaded.manifest.id.as_str();
    let Ok(permit) = loaded.calls.clone().try_acquire_owned() else {
        tracing::warn!(plugin = id, "all its calls are taken; request refused");
        return Reply::say(format!(
            "{name} is still busy. Please try again in a moment."
        ));
    };
    let plugin = Arc::clone(&loaded.plugin);
    let running = tokio::task::spawn_blocking(move || {
        let reply = plugin.handle(&request);
        drop(permit);
        reply
    });
    match tokio::time::timeout(limit, running).await {
        Ok(Ok(Ok(reply))) => permitted(loaded, reply),
        Ok(Ok(Err(error))) => failed(loaded, &error),
        Ok(Err(crash)) => {
            tracing::error!(plugin = id, %crash, "the plugin panicked");
            Reply::say(format!(
                "Something went wrong in {name}. Please try it another way."
            ))
        }
        Err(_) => {
            tracing::warn!(
                plugin = id,
                limit_s = limit.as_secs_f32(),
                "the plugin ran over its time"
            );
            Reply::say(format!(
                "{name} took too long, so I stopped waiting. Please try again."
            ))
        }
    }
}

fn permitted(loaded: &Loaded, mut reply: Reply) -> Reply {
    for act in screen(&loaded.manifest, &mut reply) {
        tracing::warn!(
            plugin = loaded.manifest.id,
            ?act,
            "act without permission; dropped"
        );
    }
    reply
}

fn failed(loaded: &Loaded, error: &PluginError) -> Reply {
    let name = &loaded.manifest.name;
    tracing::warn!(plugin = loaded.manifest.id, %error, "the plugin failed");
    Reply::say(format!(
        "Sorry, {name} could not do that. Please try it another way."
    ))
}
