//! `fame devices`.

use super::Failure;
use super::context::Context;
use crate::ipc::protocol::{Device, Devices, Request};

pub(super) fn run(context: &mut Context<'_>) -> Result<(), Failure> {
    context.call(&Request::Devices, words)
}

fn words(devices: &Devices) -> String {
    let mut lines = Vec::new();
    group(&mut lines, "microphones", &devices.inputs);
    group(&mut lines, "loudspeakers", &devices.outputs);
    lines.join("\n")
}

fn group(lines: &mut Vec<String>, title: &str, devices: &[Device]) {
    if devices.is_empty() {
        lines.push(format!("{title}: none"));
        return;
    }
    lines.push(format!("{title}:"));
    for device in devices {
        let mark = match (device.in_use, device.default) {
            (true, true) => " (in use, the system's default)",
            (true, false) => " (in use)",
            (false, true) => " (the system's default)",
            (false, false) => "",
        };
        lines.push(format!("  {}{mark}", device.name));
    }
}
