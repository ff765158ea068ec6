//! Microphones and loudspeakers: which there are, which one to use, how to open it.

pub(super) mod format;
pub(super) mod host;
pub(super) mod patience;

use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait};

use self::patience::Patience;

/// How long a list of devices is waited for.
const LIST_LIMIT: Duration = Duration::from_secs(5);

/// The end of the name that PulseAudio and PipeWire give to the recording of a loudspeaker.
const MONITOR: &str = ".monitor";

/// Why there is no device, or it does not open.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// No sound system answers.
    #[error("no sound system is running ({0}); start PulseAudio or PipeWire, or connect a device")]
    NoSystem(String),
    /// A call into the sound system does not return.
    #[error("the sound system does not answer; restart PulseAudio or PipeWire")]
    NoAnswer,
    /// There is no device of the kind.
    #[error("there is no {0}; connect one")]
    NoDevice(Direction),
    /// The device is there and refuses.
    #[error("{device} does not open ({reason}); choose another one of `fame devices`")]
    Refused {
        /// Its name.
        device: String,
        /// What the sound system says.
        reason: String,
    },
}

/// Which way sound goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Into FAME.
    Input,
    /// Out of FAME.
    Output,
}

impl std::fmt::Display for Direction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Input => "microphone",
            Self::Output => "loudspeaker",
        })
    }
}

/// A device as a person chooses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The name for people. Two devices may share it.
    pub name: String,
    /// The sound system's own name, which is unique. Settings take either.
    pub id: String,
    /// Whether it is used when nobody chooses.
    pub default: bool,
}

/// Everything that is connected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Devices {
    /// Microphones.
    pub inputs: Vec<Device>,
    /// Loudspeakers.
    pub outputs: Vec<Device>,
}

/// Lists what is connected, within 5 s.
pub fn devices() -> Result<Devices, DeviceError> {
    Patience::new("fame-devices").run(LIST_LIMIT, || {
        let describe = |direction| -> Result<Vec<Device>, DeviceError> {
            Ok(list(direction)?.into_iter().map(|found| found.0).collect())
        };
        Ok(Devices {
            inputs: describe(Direction::Input)?,
            outputs: describe(Direction::Output)?,
        })
    })?
}

/// A device and the handle that opens it.
pub(super) type Found = (Device, cpal::Device);

/// Lists the devices of one direction. Blocks for as long as the sound system likes.
pub(super) fn list(direction: Direction) -> Result<Vec<Found>, DeviceError> {
    let host = host::connect()?;
    list_on(&host, direction).or_else(|_| {
        // The connection may be to a server that has been restarted since.
        host::forget(&host);
        let host = host::connect()?;
        list_on(&host, direction).map_err(|error| {
            host::forget(&host);
            DeviceError::NoSystem(error.to_string())
        })
    })
}

fn list_on(host: &cpal::Host, direction: Direction) -> Result<Vec<Found>, cpal::Error> {
    let handles: Vec<cpal::Device> = match direction {
        Direction::Input => host.input_devices()?.collect(),
        Direction::Output => host.output_devices()?.collect(),
    };
    let default = default_id(host, direction);
    let describe = |handle: cpal::Device| {
        let id = handle.id().ok()?.id().to_owned();
        let name = handle.description().ok()?.name().to_owned();
        let default = default.as_ref() == Some(&id);
        Some((Device { name, id, default }, handle))
    };
    Ok(handles.into_iter().filter_map(describe).collect())
}

fn default_id(host: &cpal::Host, direction: Direction) -> Option<String> {
    let id = |device: cpal::Device| Some(device.id().ok()?.id().to_owned());
    let output = host.default_output_device().and_then(id);
    match direction {
        Direction::Output => output,
        // With no microphone, PulseAudio offers what its loudspeaker plays. FAME would hear itself.
        Direction::Input => host.default_input_device().and_then(id).filter(|input| {
            input
                .strip_suffix(MONITOR)
                .is_none_or(|sink| output.as_deref() != Some(sink))
        }),
    }
}

/// The device to use, and the wanted one that it stands in for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// Its place in the list.
    pub(super) index: usize,
    /// The device that was wanted and is not there.
    pub(super) substitute_for: Option<String>,
}

/// The wanted device, by name or id; where it is gone or none is wanted, the default.
pub(super) fn choose<'a>(
    devices: impl Iterator<Item = &'a Device> + Clone,
    wanted: Option<&str>,
) -> Option<Choice> {
    let wanted = wanted.filter(|name| !name.is_empty());
    let by_id = |name| devices.clone().position(|device| device.id == name);
    let by_name = |name: &str| {
        devices
            .clone()
            .position(|device| device.name.eq_ignore_ascii_case(name))
    };
    if let Some(index) = wanted.and_then(|name| by_id(name).or_else(|| by_name(name))) {
        return Some(Choice {
            index,
            substitute_for: None,
        });
    }
    Some(Choice {
        index: devices.clone().position(|device| device.default)?,
        substitute_for: wanted.map(String::from),
    })
}

/// Whether a stream is over after this error.
pub(super) fn is_fatal(error: &cpal::Error) -> bool {
    use cpal::ErrorKind::{DeviceChanged, RealtimeDenied, Xrun};
    !matches!(error.kind(), DeviceChanged | RealtimeDenied | Xrun)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(name: &str, id: &str, default: bool) -> Device {
        Device {
            name: name.into(),
            id: id.into(),
            default,
        }
    }

    #[test]
    fn the_wanted_device_wins_by_id_or_name_and_the_default_stands_in() {
        let devices = [
            device("Headset", "usb-1", false),
            device("Built in", "pci-1", true),
            device("usb-1", "odd", false),
        ];
        let index = |wanted| choose(devices.iter(), wanted).map(|c| (c.index, c.substitute_for));
        assert_eq!(index(None), Some((1, None)));
        assert_eq!(index(Some("")), Some((1, None)));
        assert_eq!(index(Some("usb-1")), Some((0, None)));
        assert_eq!(index(Some("headset")), Some((0, None)));
        assert_eq!(index(Some("gone")), Some((1, Some("gone".into()))));
        assert_eq!(choose(devices[..1].iter(), Some("gone")), None);
        assert_eq!(choose([].iter(), None), None);
    }
}
