//! Where the time of each turn went, for a collector that speaks OTLP over HTTP.
//!
//! Only with the feature `otlp`, and only where `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector. The
//! spans are `turn` and within it `route`, `record`, `plugin` and `model`; they hold names, numbers
//! and times, and nothing of what was said.

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing::Metadata;

/// The variable that names the collector, as every program with OTLP has it.
pub const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// Why spans go nowhere.
#[derive(Debug, thiserror::Error)]
#[error("spans cannot be sent to the collector at {endpoint}: {reason}; correct {ENDPOINT}")]
pub struct TracesError {
    endpoint: String,
    reason: String,
}

/// Sends spans until it is dropped, and what waits then.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// What is sent, whatever is logged: FAME's own spans, and none of the log's lines, which may
    /// tell of more than names and times.
    #[must_use]
    pub fn sends(metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with("fame")
    }

    /// To the collector that [`ENDPOINT`] names; none if it names none.
    ///
    /// # Errors
    /// If the collector's address cannot be used.
    pub fn from_environment() -> Result<Option<Self>, TracesError> {
        let Ok(endpoint) = std::env::var(ENDPOINT) else {
            return Ok(None);
        };
        Self::to(&endpoint).map(Some)
    }

    fn to(endpoint: &str) -> Result<Self, TracesError> {
        // The exporter's HTTP client takes the process's, and panics where there is none. One that
        // is there already does as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let address = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(address)
            .build()
            .map_err(|error| TracesError {
                endpoint: endpoint.to_owned(),
                reason: error.to_string(),
            })?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(Resource::builder().with_service_name("famed").build())
            .build();
        Ok(Self(provider))
    }

    /// What spans are given to.
    #[must_use]
    pub fn tracer(&self) -> SdkTracer {
        self.0.tracer("fame")
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        // A collector that is gone needs no last spans.
        let _ = self.0.shutdown();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn an_exporter_is_made_for_an_address_and_not_for_anything_else() {
        assert!(Traces::to("http://127.0.0.1:4318").is_ok());
        assert!(Traces::to("https://127.0.0.1:4318/").is_ok());
        let refused = Traces::to("no address").err().unwrap().to_string();
        assert!(refused.contains("no address") && refused.contains(ENDPOINT));
    }
}
