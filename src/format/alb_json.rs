//! AWS Application Load Balancer as rows: Parquet or Athena exports, one JSON object for each request.
//!
//! The names are those of the table in Athena's documentation. What the values mean is the same as in
//! [`super::alb`]: `time` is when the answer was made, `request_creation_time` when the request came.
//!
//! Quirks:
//! - The request is split into `request_verb`, `request_url` and `request_proto`; a request that could
//!   not be read has `-` in all three.
//! - The target is split into address and port; `target_port_list` has them together and is preferred,
//!   so that targets are named as in the text log.
//! - Numbers may be numbers or strings, times `-1` or `-1.0`: the duration is end minus start then.

use super::part::alb::ending;
use super::part::draft::Draft;
use super::part::field::seconds;
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::{Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use crate::ledger::Reject;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "alb-json",
        about: "AWS Application Load Balancer as rows (Parquet, Athena)",
        fields: &[
            "client",
            "host",
            "method",
            "path",
            "query",
            "status",
            "origin_status",
            "bytes",
            "duration",
            "backend",
            "user_agent",
            "request_id",
            "ending",
        ],
        stamp: Stamp::End,
        tier: Tier::Balancer,
        blind: "delivery is best effort, not a complete account of all requests; health checks are not logged",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{"type":"https","time":"2026-11-20T07:48:12.186641Z","elb":"app/front/50dc6c495c0c9188","client_ip":"192.0.2.39","client_port":2817,"target_ip":"10.0.0.1","target_port":80,"request_processing_time":0.001,"target_processing_time":0.02,"response_processing_time":0.0,"elb_status_code":200,"target_status_code":"200","received_bytes":34,"sent_bytes":366,"request_verb":"GET","request_url":"https://www.example:443/a?b=c","request_proto":"HTTP/2.0","user_agent":"curl/8","ssl_cipher":"-","ssl_protocol":"-","target_group_arn":"arn:aws:x","trace_id":"Root=1-58337262-36d2","domain_name":"www.example","chosen_cert_arn":"-","matched_rule_priority":"0","request_creation_time":"2026-11-20T07:48:12.165000Z","actions_executed":"forward","redirect_url":"-","lambda_error_reason":"-","target_port_list":"10.0.0.1:80","target_status_code_list":"200"}"#,
            r#"{"type":"http","time":"2026-11-20T07:48:13.186641Z","elb":"app/front/50dc6c495c0c9188","client_ip":"2001:db8::7","client_port":"2817","target_ip":"-","target_port":null,"request_processing_time":"-1","target_processing_time":"-1","response_processing_time":"-1","elb_status_code":"502","target_status_code":"-","received_bytes":"34","sent_bytes":"277","request_verb":"GET","request_url":"http://www.example:80/a","request_proto":"HTTP/1.1","user_agent":"curl/8","trace_id":"Root=1-58337364-23a8","domain_name":"-","request_creation_time":"2026-11-20T07:48:13.100000Z"}"#,
        ],
    },
    || Arc::new(JsonLines::new(&["\"elb_status_code\""], Keys::new(KEYS), make)),
);

const ACTIONS: Slot = Slot::Note0;
const REASON: Slot = Slot::Note1;
const TARGET: Slot = Slot::Note2;
/// The three phases, whose sum is the duration.
const PHASES: [Slot; 3] = [Slot::Note3, Slot::Note4, Slot::Note5];

/// Columns and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("time", Slot::Time),
    ("request_creation_time", Slot::Start),
    ("client_ip", Slot::Client),
    ("target_ip", TARGET),
    ("target_port_list", Slot::Backend),
    ("request_processing_time", PHASES[0]),
    ("target_processing_time", PHASES[1]),
    ("response_processing_time", PHASES[2]),
    ("elb_status_code", Slot::Status),
    ("target_status_code", Slot::OriginStatus),
    ("sent_bytes", Slot::Bytes),
    ("request_verb", Slot::Method),
    ("request_url", Slot::Target),
    ("request_proto", Slot::Protocol),
    ("user_agent", Slot::UserAgent),
    ("trace_id", Slot::RequestId),
    ("domain_name", Slot::Host),
    ("actions_executed", ACTIONS),
    ("lambda_error_reason", REASON),
    ("error_reason", REASON),
];

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let mut event = draft.event(FORMAT.facts.stamp)?;
    let phase = |slot: Slot| draft.bytes(slot).and_then(seconds);
    let phases = PHASES.into_iter().map(phase).try_fold(0_i64, |sum, t| sum.checked_add(t?));
    event.start = event.start.filter(|start| *start <= event.stamp);
    event.duration = phases.or_else(|| event.start.map(|start| event.stamp.0.saturating_sub(start.0)));
    event.backend = event.backend.or_else(|| draft.raw(TARGET)?.present());
    let note = |slot| draft.bytes(slot).unwrap_or_default();
    event.ending = ending(event.status, event.origin_status, note(ACTIONS), note(REASON));
    Ok(Parsed::Event(event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Ending, Event};
    use crate::format::part::clf::shown;

    fn event(line: &str) -> Event<'_> {
        match (FORMAT.dialect)().line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_row_gives_what_the_text_line_gives() {
        let text = super::super::alb::FORMAT.facts.samples.iter();
        for (row, text) in FORMAT.facts.samples.iter().zip(text) {
            let Parsed::Event(want) = (super::super::alb::FORMAT.dialect)().line(text.as_bytes()) else { panic!("{text}") };
            assert_eq!(event(row), want, "{row}");
        }
    }

    #[test]
    fn the_target_is_an_address_alone_where_the_list_is_not_there() {
        let row = FORMAT.facts.samples[0].replace("\"target_port_list\":\"10.0.0.1:80\",", "");
        assert_eq!(shown(&event(&row).backend), "10.0.0.1");
        let row = FORMAT.facts.samples[0].replace("0.001", "-1.0");
        assert_eq!(event(&row).duration, Some(21_641));
        let row =
            FORMAT.facts.samples[1].replace("\"domain_name\"", "\"actions_executed\":\"waf,fixed-response\",\"domain_name\"");
        assert_eq!(event(&row).ending, Ending::Policy);
    }

    #[test]
    fn foreign_json_is_refused_and_a_wrong_date_is_named() {
        for (line, want) in [
            (r#"{"status":200,"time":"2026-11-20T07:48:12Z","client_ip":"192.0.2.1"}"#, Reject::UnknownFormat),
            (r#"{"elb_status_code":"many","time":"2026-11-20T07:48:12Z"}"#, Reject::UnknownFormat),
            (r#"{"elb_status_code":200,"time":"yesterday"}"#, Reject::BadTime),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}
