//! JSON that is only made when somebody looks at it.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A part of an event that costs more to write than most events are worth: many are published, few
/// are read. Clones share it.
#[derive(Clone)]
pub struct Later(Made);

#[derive(Clone)]
enum Made {
    Value(Value),
    By(Arc<dyn Fn() -> Value + Send + Sync>),
}

impl Later {
    /// What `make` makes, each time that it is looked at.
    pub fn by(make: impl Fn() -> Value + Send + Sync + 'static) -> Self {
        Self(Made::By(Arc::new(make)))
    }

    /// The JSON.
    #[must_use]
    pub fn value(&self) -> Value {
        match &self.0 {
            Made::Value(value) => value.clone(),
            Made::By(make) => make(),
        }
    }

    /// Whether there is nothing to be made.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.0, Made::Value(Value::Null))
    }
}

impl Default for Later {
    fn default() -> Self {
        Value::Null.into()
    }
}

impl From<Value> for Later {
    fn from(value: Value) -> Self {
        Self(Made::Value(value))
    }
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

impl PartialEq for Later {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

impl Serialize for Later {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Made::Value(value) => value.serialize(serializer),
            Made::By(make) => make().serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Later {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}
