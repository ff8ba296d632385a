//! `s3access`: server access logs of Amazon S3.
//!
//! *Recognised*: `owner bucket [06/Feb/2019:00:00:38 +0000] address requester request-id operation key "request" status
//! …`.
//!
//! *Fields*: named as AWS does, in lower case with `_`: `bucket_owner`, `bucket`, `time`, `remote_ip`, `requester`,
//! `request_id`, `operation`, `key`, `request_uri` (its parts are `method`, `path` and `protocol`), `http_status`,
//! `error_code`, `bytes_sent`, `object_size`, `total_time`, `turn_around_time` (milliseconds), `referer`, `user_agent`,
//! `version_id`, `host_id`, `signature_version`, `cipher_suite`, `authentication_type`, `host_header`, `tls_version`,
//! `access_point_arn`, `acl_required`, `source_region`. What is `-` has no field. Keys stay encoded as they are. The
//! event time is `time`.
//!
//! *Kept raw*: a line that does not look so becomes `message` and says so. A line with more columns than are known has
//! its fields, and the line itself as `message`.
use super::columns::{Column, Kind, Row, Table};
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::Head;
use super::sink::EventSink;

/// Up to the user agent all lines are alike.
static TABLE: Table = Table {
    columns: &[
        Column::text("bucket_owner"),
        Column::text("bucket"),
        Column::new("time", Kind::ApacheTime),
        Column::text("remote_ip"),
        Column::text("requester"),
        Column::text("request_id"),
        Column::text("operation"),
        Column::text("key"),
        Column::new("request_uri", Kind::Request("path")),
        Column::number("http_status"),
        Column::text("error_code"),
        Column::number("bytes_sent"),
        Column::number("object_size"),
        Column::number("total_time"),
        Column::number("turn_around_time"),
        Column::text("referer"),
        Column::new("user_agent", Kind::LastQuoted),
        Column::text("version_id"),
        Column::text("host_id"),
        Column::text("signature_version"),
        Column::text("cipher_suite"),
        Column::text("authentication_type"),
        Column::text("host_header"),
        Column::text("tls_version"),
        Column::text("access_point_arn"),
        Column::text("acl_required"),
        Column::text("source_region"),
    ],
    required: 15,
};

/// A line is an event.
#[derive(Debug, Default)]
pub struct S3Access;

impl LineFormat for S3Access {
    const NAME: &'static str = "s3access";
    const SIGN: &'static str = "lines of an owner, a bucket, a time in brackets, an operation and a quoted request";
    const TIME_FIELDS: &'static [&'static str] = &[];

    fn looks_like(head: &Head) -> bool {
        head.most_lines(|line| Row::read(line, &TABLE).is_some())
    }

    fn source_type(_head: &Head) -> &'static str {
        "aws:s3access"
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        match Row::read(line, &TABLE) {
            Some(row) => row.tell(line, members),
            None => Outcome::Unparsed("line is not one of an S3 server access log"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::line_format::LineParser;
    use crate::parse::tell::told_lines;

    const LINE: &str = r#"79a5 my-bucket [06/Feb/2019:00:00:38 +0000] 192.0.2.3 79a5 3E57 REST.GET.OBJECT a%2520b.txt "GET /my-bucket/a%20b.txt HTTP/1.1" 200 - 113 2662992 7 - "-" "S3Console/0.4 "x" y""#;
    const FIELDS: &str = r#"{"bucket_owner":"79a5","bucket":"my-bucket","time":"06/Feb/2019:00:00:38 +0000","remote_ip":"192.0.2.3","requester":"79a5","request_id":"3E57","operation":"REST.GET.OBJECT","key":"a%2520b.txt","request_uri":"GET /my-bucket/a%20b.txt HTTP/1.1","method":"GET","path":"/my-bucket/a%20b.txt","protocol":"HTTP/1.1","http_status":200,"bytes_sent":113,"object_size":2662992,"total_time":7,"user_agent":"S3Console/0.4 \"x\" y""#;

    #[test]
    fn old_and_new_lines() {
        let newest = format!(
            "{LINE} - s9lz= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader my-bucket.s3.amazonaws.com TLSv1.2 - Yes us-east-1"
        );
        let newest_fields = r#""host_id":"s9lz=","signature_version":"SigV4","cipher_suite":"ECDHE-RSA-AES128-GCM-SHA256","authentication_type":"AuthHeader","host_header":"my-bucket.s3.amazonaws.com","tls_version":"TLSv1.2","acl_required":"Yes","source_region":"us-east-1""#;
        let newer = format!("{newest} x");
        let message = serde_json::to_string(&newer).expect("a string");
        let expected = [
            format!("{FIELDS}}}"),
            format!("{FIELDS},{newest_fields}}}"),
            format!("{FIELDS},{newest_fields},\"message\":{message}}}"),
        ];
        assert_eq!(told_lines::<LineParser<S3Access>>(&[LINE, &newest, &newer].join("\n")), expected);
    }

    #[test]
    fn other_lines_are_messages() {
        for (from, to) in [("06/Feb", "36/Feb"), ("\"GET", "GET"), (" 200 ", " ok "), ("79a5 my-bucket", "my-bucket")] {
            let line = LINE.replacen(from, to, 1);
            let message = serde_json::to_string(&line).expect("a string");
            let expected = format!("!line is not one of an S3 server access log: {{\"message\":{message}}}");
            assert_eq!(told_lines::<LineParser<S3Access>>(&line), [expected]);
        }
    }
}
