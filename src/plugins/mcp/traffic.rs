//! What a server says: which of it is an answer, which comes unasked, and how much is too much.
//!
//! Only answers to requests that are out, each once, and the server's own requests get to `rmcp`,
//! which answers a ping and declines the rest. A late, doubled or misaddressed answer ends here.
//! So do notifications: a list of tools that changes under its user is not wanted (what was
//! approved must stay what is called), progress does not prolong a call, and stderr is the log.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rmcp::RoleClient;
use rmcp::model::{ClientJsonRpcMessage, ClientNotification, JsonRpcMessage, RequestId};
use rmcp::service::RxJsonRpcMessage;

/// Lines a second that may come unasked.
const UNASKED_PER_SECOND: usize = 200;

/// Bytes a second that may come unasked.
const UNASKED_BYTES_PER_SECOND: usize = 8 * 1024 * 1024;

/// A message from the server.
pub(super) type Message = RxJsonRpcMessage<RoleClient>;

/// What to do with a line.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is wanted.
    Pass(Box<Message>),
    /// It is not.
    Drop,
    /// It is one too many.
    Flood,
}

/// Keeps the books of one connection.
#[derive(Debug)]
pub(super) struct Traffic {
    waiting: HashSet<RequestId>,
    /// Begin of the second that is counted.
    second: Instant,
    lines: usize,
    bytes: usize,
}

impl Traffic {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            waiting: HashSet::new(),
            second: now,
            lines: 0,
            bytes: 0,
        }
    }

    /// A message goes to the server.
    pub(super) fn sent(&mut self, message: &ClientJsonRpcMessage) {
        match message {
            JsonRpcMessage::Request(request) => {
                self.waiting.insert(request.id.clone());
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.waiting.remove(id);
                }
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {}
        }
    }

    /// A line came from the server.
    pub(super) fn received(&mut self, line: &[u8], now: Instant) -> Verdict {
        let message = serde_json::from_slice::<Message>(line).ok();
        let answers = match &message {
            Some(JsonRpcMessage::Response(response)) => self.answers(&response.id),
            Some(JsonRpcMessage::Error(error)) => {
                error.id.as_ref().is_some_and(|id| self.answers(id))
            }
            _ => false,
        };
        if !answers && self.is_flood(line.len(), now) {
            return Verdict::Flood;
        }
        match message {
            Some(message) if answers || matches!(message, JsonRpcMessage::Request(_)) => {
                Verdict::Pass(Box::new(message))
            }
            // The answer of a server that could not even read the id: it ends the handshake.
            Some(message @ JsonRpcMessage::Error(_)) if is_nameless(&message) => {
                Verdict::Pass(Box::new(message))
            }
            _ => Verdict::Drop,
        }
    }

    fn answers(&mut self, id: &RequestId) -> bool {
        // Some servers write numbers as text; `rmcp` takes them as well.
        let number = match id {
            RequestId::String(text) => text.parse().ok().map(RequestId::Number),
            RequestId::Number(_) => None,
        };
        self.waiting.remove(id) || number.is_some_and(|id| self.waiting.remove(&id))
    }

    fn is_flood(&mut self, bytes: usize, now: Instant) -> bool {
        if now.saturating_duration_since(self.second) >= Duration::from_secs(1) {
            (self.second, self.lines, self.bytes) = (now, 0, 0);
        }
        self.lines += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        self.lines > UNASKED_PER_SECOND || self.bytes > UNASKED_BYTES_PER_SECOND
    }
}

fn is_nameless(message: &Message) -> bool {
    matches!(message, JsonRpcMessage::Error(error) if error.id.is_none())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn client(message: serde_json::Value) -> ClientJsonRpcMessage {
        serde_json::from_value(message).unwrap()
    }

    fn request(id: i64) -> ClientJsonRpcMessage {
        client(json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": "x"}}))
    }

    fn answer(id: &serde_json::Value) -> Vec<u8> {
        let text = json!({"jsonrpc": "2.0", "id": id, "result": {"content": []}});
        text.to_string().into_bytes()
    }

    fn passes(traffic: &mut Traffic, line: &[u8], now: Instant) -> bool {
        matches!(traffic.received(line, now), Verdict::Pass(_))
    }

    #[test]
    fn an_answer_passes_once_and_only_if_it_was_asked_for() {
        let now = Instant::now();
        let mut traffic = Traffic::new(now);
        assert!(!passes(&mut traffic, &answer(&json!(1)), now));
        traffic.sent(&request(1));
        traffic.sent(&request(2));
        traffic.sent(&request(3));
        assert!(!passes(&mut traffic, &answer(&json!(77)), now));
        assert!(passes(&mut traffic, &answer(&json!(1)), now));
        assert!(!passes(&mut traffic, &answer(&json!(1)), now));
        assert!(passes(&mut traffic, &answer(&json!("2")), now));
        traffic.sent(&client(json!({
            "jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 3}
        })));
        assert!(!passes(&mut traffic, &answer(&json!(3)), now));
    }

    #[test]
    fn notifications_stay_out_and_pings_come_in() {
        let now = Instant::now();
        let mut traffic = Traffic::new(now);
        for (line, wanted) in [
            (
                r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#,
                false,
            ),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, true),
            (
                r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"no"}}"#,
                true,
            ),
            ("no json", false),
            ("", false),
        ] {
            assert_eq!(passes(&mut traffic, line.as_bytes(), now), wanted, "{line}");
        }
    }

    #[test]
    fn too_many_lines_or_bytes_a_second_are_a_flood() {
        let now = Instant::now();
        let mut traffic = Traffic::new(now);
        for second in 0..3 {
            let now = now + Duration::from_secs(second);
            for _ in 0..UNASKED_PER_SECOND {
                assert!(matches!(traffic.received(b"x", now), Verdict::Drop));
            }
        }
        let last = now + Duration::from_secs(2);
        assert!(matches!(traffic.received(b"x", last), Verdict::Flood));
        traffic.sent(&request(5));
        assert!(
            passes(&mut traffic, &answer(&json!(5)), last),
            "answers do not count"
        );

        let mut traffic = Traffic::new(now);
        let long = vec![b'x'; UNASKED_BYTES_PER_SECOND / 2 + 1];
        assert!(matches!(traffic.received(&long, now), Verdict::Drop));
        assert!(matches!(traffic.received(&long, now), Verdict::Flood));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(line in prop::collection::vec(any::<u8>(), 0..300)) {
            let now = Instant::now();
            Traffic::new(now).received(&line, now);
        }

        #[test]
        fn each_request_is_answered_at_most_once(
            asked in prop::collection::vec(0_i64..20, 0..20),
            answered in prop::collection::vec(0_i64..20, 0..60),
        ) {
            let now = Instant::now();
            let mut traffic = Traffic::new(now);
            for id in &asked {
                traffic.sent(&request(*id));
            }
            let mut passed = HashSet::new();
            for id in answered {
                if passes(&mut traffic, &answer(&json!(id)), now) {
                    prop_assert!(asked.contains(&id));
                    prop_assert!(passed.insert(id), "{id} was answered twice");
                }
            }
        }
    }
}
