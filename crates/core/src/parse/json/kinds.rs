//! What JSON is by the names in its first record: its source type, and where it keeps its time.
use super::TIME_FIELDS;
use super::names::FirstRecord;
use std::sync::LazyLock;

/// JSON of which nothing more is known.
pub const PLAIN: &str = "json";

/// A source type, members that a record of it has (`name`, `name.below` or `name=value`; case does not matter), and the fields that
/// hold its time, best first. What has no time in them is asked for the usual ones.
type Kind = (&'static str, &'static [&'static str], &'static [&'static str]);

/// The first whose members are all there counts: what is specific comes before what is common.
static KINDS: &[Kind] = &[
    ("otlp", &["timeUnixNano", "body"], OTLP_TIME),
    ("otlp", &["observedTimeUnixNano"], OTLP_TIME),
    ("otlp", &["timeUnixNano", "severityNumber"], OTLP_TIME),
    ("aws:eks", &["logGroup", "event.auditID", "event.verb"], CLOUDWATCH_TIME),
    ("aws:cloudwatch", &["messageType", "logGroup", "logStream"], CLOUDWATCH_TIME),
    ("aws:cloudwatch", &["logStreamName", "ingestionTime", "message"], CLOUDWATCH_TIME),
    ("aws:s3notification", &["eventSource=aws:s3", "s3.bucket"], &["eventTime"]),
    ("aws:sns", &["EventSource=aws:sns", "Sns"], SNS_TIME),
    ("aws:sns", &["Type=Notification", "TopicArn"], SNS_TIME),
    ("aws:sqs", &["receiptHandle", "messageId"], &["attributes.SentTimestamp"]),
    ("aws:cloudtrail", &["eventVersion", "eventSource"], CLOUDTRAIL_TIME),
    ("aws:cloudtrail", &["eventSource", "eventName", "awsRegion"], CLOUDTRAIL_TIME),
    ("aws:cloudtrail", &["eventSource", "eventName", "userIdentity"], CLOUDTRAIL_TIME),
    ("aws:cloudtrail", &["eventSource", "eventName", "recipientAccountId"], CLOUDTRAIL_TIME),
    ("aws:cloudtrail", &["eventVersion", "insightDetails"], CLOUDTRAIL_TIME),
    ("aws:cloudtrail", &["CloudTrailEvent", "EventName"], CLOUDTRAIL_TIME),
    ("aws:cloudtrail:digest", &["digestEndTime", "digestS3Object"], &["digestEndTime"]),
    ("aws:securityhub", &["ProductArn", "AwsAccountId"], &["UpdatedAt", "CreatedAt"]),
    ("aws:guardduty", &["schemaVersion", "accountId", "service", "severity"], GUARDDUTY_TIME),
    ("aws:config", &["configurationItemCaptureTime", "resourceType"], CONFIG_TIME),
    ("aws:config", &["messageType", "notificationCreationTime", "recordVersion"], CONFIG_TIME),
    ("aws:waf", &["webaclId", "httpRequest"], &["timestamp"]),
    ("aws:bedrock", &["modelId", "schemaType", "operation"], &["timestamp"]),
    ("aws:route53resolver", &["query_name", "query_timestamp", "rcode"], &["query_timestamp"]),
    ("aws:eventbridge", &["detail-type", "source", "detail"], &["time"]),
    ("aws:vpcflow", &["srcaddr", "dstaddr", "dstport"], &["start", "end"]),
    ("kubernetes:audit", &["auditID", "verb"], KUBERNETES_TIME),
    ("kubernetes:audit", &["apiVersion=audit.k8s.io/v1"], KUBERNETES_TIME),
    ("kubernetes:audit", &["objectRef", "verb"], KUBERNETES_TIME),
    ("kubernetes:event", &["involvedObject", "reason"], KUBERNETES_EVENT_TIME),
    ("gcp:audit", &["protoPayload"], GCP_TIME),
    ("gcp:log", &["logName", "insertId"], GCP_TIME),
    ("gcp:log", &["resource", "httpRequest", "jsonPayload"], GCP_TIME),
    ("gworkspace", &["kind=admin#reports#activity"], &["id.time"]),
    ("gworkspace", &["id.applicationName"], &["id.time"]),
    ("azure:aks", &["category=kube-audit", "operationName"], AZURE_TIME),
    ("azure:aks", &["category=kube-audit-admin", "operationName"], AZURE_TIME),
    ("azure:signin", &["category=SignInLogs", "operationName"], AZURE_TIME),
    ("azure:signin", &["category=NonInteractiveUserSignInLogs"], AZURE_TIME),
    ("azure:signin", &["category=ServicePrincipalSignInLogs"], AZURE_TIME),
    ("azure:signin", &["category=ManagedIdentitySignInLogs"], AZURE_TIME),
    ("azure:signin", &["userPrincipalName", "appDisplayName", "createdDateTime"], AZURE_TIME),
    ("azure:audit", &["category=AuditLogs", "resourceId", "operationName"], AZURE_TIME),
    ("azure:audit", &["activityDateTime", "activityDisplayName"], AZURE_TIME),
    ("azure:intune", &["category=AuditLogs", "operationName", "tenantId"], AZURE_TIME),
    ("azure:intune", &["category=OperationalLogs", "operationName"], AZURE_TIME),
    ("m365:defender", &["_TimeReceivedBySvc"], &["time", "_TimeReceivedBySvc"]),
    ("azure:activity", &["resourceId", "operationName", "time"], AZURE_TIME),
    ("azure:activity", &["operationName", "category", "time"], AZURE_TIME),
    ("azure:activity", &["operationName", "time", "callerIpAddress"], AZURE_TIME),
    ("msgraph:alert", &["serviceSource", "createdDateTime"], &["lastUpdateDateTime", "createdDateTime"]),
    ("m365", &["Operation", "Workload", "CreationTime"], M365_TIME),
    ("m365", &["Operation", "RecordType", "OrganizationId"], M365_TIME),
    ("cloudflare:firewall", &["ClientRequestHost", "MatchIndex"], CLOUDFLARE_TIME),
    ("cloudflare:firewall", &["ClientRequestHost", "Action", "RuleID"], CLOUDFLARE_TIME),
    ("cloudflare:http", &["ClientRequestHost", "EdgeStartTimestamp"], CLOUDFLARE_TIME),
    ("cloudflare:http", &["ClientRequestHost", "EdgeResponseStatus"], CLOUDFLARE_TIME),
    ("cloudflare:audit", &["ActorEmail", "ActionType", "When"], CLOUDFLARE_TIME),
    ("cloudflare:audit", &["when", "actor.email", "action.type"], CLOUDFLARE_TIME),
    ("cloudflare:dns", &["ColoCode", "QueryName", "ResponseCode", "SourceIP"], CLOUDFLARE_TIME),
    ("cloudflare:gateway_dns", &["QueryName", "ResolverDecision"], CLOUDFLARE_TIME),
    ("cloudflare:gateway_http", &["HTTPHost", "HTTPMethod", "PolicyID"], CLOUDFLARE_TIME),
    ("cloudflare:gateway_http", &["HTTPHost", "HTTPMethod", "DeviceID"], CLOUDFLARE_TIME),
    ("cloudflare:gateway_network", &["DestinationIP", "SourceIP", "PolicyID", "SessionID"], CLOUDFLARE_TIME),
    ("cloudflare:access", &["AppDomain", "AppUUID", "UserUID"], CLOUDFLARE_TIME),
    ("cloudflare:spectrum", &["ClientIP", "OriginIP", "ProxyProtocol"], CLOUDFLARE_TIME),
    ("okta", &["eventType", "actor", "outcome"], OKTA_TIME),
    ("okta", &["eventType", "published"], OKTA_TIME),
    ("okta", &["legacyEventType", "severity"], OKTA_TIME),
    ("slack", &["date_create", "action", "actor"], SLACK_TIME),
    ("slack", &["action", "actor.user", "context"], SLACK_TIME),
    ("1password", &["uuid", "vault_uuid", "item_uuid"], &["timestamp"]),
    ("1password", &["uuid", "session_uuid", "target_user"], &["timestamp"]),
    ("1password", &["uuid", "actor_uuid", "action"], &["timestamp"]),
    ("github:webhook", &["repository", "sender"], WEBHOOK_TIME),
    ("github:webhook", &["repository", "pusher", "ref"], WEBHOOK_TIME),
    ("github:webhook", &["repository.full_name", "action"], WEBHOOK_TIME),
    ("github", &["action", "actor", "@timestamp"], GITHUB_TIME),
    ("github", &["action", "_document_id"], GITHUB_TIME),
    ("github", &["action", "actor", "org", "created_at"], GITHUB_TIME),
    ("github", &["action", "actor", "org"], GITHUB_TIME),
    ("github", &["action", "actor", "repo"], GITHUB_TIME),
    ("github", &["action", "actor", "business"], GITHUB_TIME),
    ("gitlab", &["author_id", "entity_id", "entity_type"], &["created_at", "time"]),
    ("gitlab", &["controller", "action", "correlation_id"], &["created_at", "time"]),
    ("notion", &["event.workspace_id", "event.type"], &["event.timestamp"]),
    ("zoom", &["category_type", "operation_detail", "operator"], &["time"]),
    ("snyk", &["event", "groupId", "content"], &["created"]),
    ("snyk", &["event", "created", "content"], &["created"]),
    ("snyk", &["event", "created", "userId"], &["created"]),
    ("auth0", &["data.client_id", "data.type"], AUTH0_TIME),
    ("auth0", &["log_id", "data"], AUTH0_TIME),
    ("box", &["type=event", "event_type"], &["created_at"]),
    ("crowdstrike", &["event_simpleName"], CROWDSTRIKE_TIME),
    ("crowdstrike", &["metadata.customerIDString"], CROWDSTRIKE_TIME),
    ("crowdstrike", &["metadata.eventCreationTime"], CROWDSTRIKE_TIME),
    ("crowdstrike", &["fdr_event_type"], CROWDSTRIKE_TIME),
    ("crowdstrike", &["PatternDispositionValue", "SeverityName"], CROWDSTRIKE_TIME),
    ("osquery", &["columns", "hostIdentifier"], &["unixTime"]),
    ("osquery", &["snapshot", "hostIdentifier"], &["unixTime"]),
    ("osquery", &["columns", "name", "action"], &["unixTime"]),
    ("osquery", &["diffResults", "hostIdentifier"], &["unixTime"]),
    ("osquery", &["calendarTime", "hostIdentifier", "severity"], &["unixTime"]),
    ("suricata", &["event_type", "flow_id"], &["timestamp"]),
    ("suricata", &["event_type=stats", "stats"], &["timestamp"]),
    ("falco", &["output_fields", "rule", "priority"], &["time"]),
    ("teleport", &["event", "code", "uid", "time"], &["time"]),
    ("zeek:json", &["id.orig_h", "ts"], ZEEK_TIME),
    ("zeek:json", &["_path", "ts"], ZEEK_TIME),
    ("zeek:json", &["_path", "_write_ts"], ZEEK_TIME),
    ("windows", &["Event.System"], WINDOWS_TIME),
    ("windows", &["EventID", "Channel"], WINDOWS_TIME),
    ("windows", &["winlog.event_id", "winlog.channel"], WINDOWS_TIME),
    ("windows", &["Id", "LogName", "ProviderName", "TimeCreated"], WINDOWS_TIME),
    ("journald", &["__REALTIME_TIMESTAMP"], &["_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"]),
    ("asana", &["gid", "event_type", "event_category"], &["created_at"]),
    ("atlassian", &["attributes.action", "attributes.actor"], &["attributes.time"]),
    ("databricks", &["serviceName", "actionName"], &["timestamp"]),
    ("docusign", &["configurationId", "generatedDateTime"], &["generatedDateTime"]),
    ("dropbox", &["event_type._tag", "actor"], &["timestamp"]),
    ("duo", &["isotimestamp", "action", "username"], DUO_TIME),
    ("duo", &["access_device", "factor", "result"], DUO_TIME),
    ("onelogin", &["event_type_id", "user_id"], &["event_timestamp", "created_at"]),
    ("salesforce", &["EVENT_TYPE", "ORGANIZATION_ID"], &["TIMESTAMP_DERIVED", "EVENT_DATE", "TIMESTAMP"]),
    ("sentinelone", &["activityType", "accountId", "createdAt"], &["createdAt", "createdat"]),
    ("snowflake", &["QUERY_TEXT", "QUERY_TYPE"], SNOWFLAKE_TIME),
    ("snowflake", &["EVENT_TIMESTAMP", "IS_SUCCESS", "USER_NAME"], SNOWFLAKE_TIME),
    ("snowflake", &["GRANTED_BY", "GRANTEE_NAME"], SNOWFLAKE_TIME),
    ("snowflake", &["SOURCE_CLOUD", "BYTES_TRANSFERRED"], SNOWFLAKE_TIME),
    ("tailscale", &["event.eventGroupID", "event.origin"], &["eventTime", "fields.recorded", "time"]),
    ("canary", &["IncidentKey", "Intro"], &["Timestamp"]),
    ("canary", &["CanaryName", "AlertType"], &["Timestamp"]),
    ("tines", &["operation_name", "request_ip", "tenant_id"], &["created_at"]),
    ("wiz", &["actionParameters", "serviceAccount"], WIZ_TIME),
    ("wiz", &["entitySnapshot", "sourceRule"], WIZ_TIME),
    ("wiz", &["tdrId", "tdrSource"], WIZ_TIME),
    ("wiz", &["issue", "control", "trigger"], WIZ_TIME),
    ("zendesk", &["action_label", "change_description"], &["created_at"]),
    ("zscaler", &["sourcetype=zscalernss-audit"], ZSCALER_TIME),
    ("zscaler", &["sourcetype=zscalernss-web"], ZSCALER_TIME),
    ("carbonblack", &["org_key", "backend_timestamp"], CARBONBLACK_TIME),
    ("carbonblack", &["loginName", "orgName", "eventId"], CARBONBLACK_TIME),
    ("umbrella", &["internalIp", "externalIp", "domain"], &["timestamp"]),
    ("mongodb", &["eventTypeName", "created"], &["created"]),
    ("netskope", &["audit_log_event", "severity_level"], &["timestamp"]),
    ("openai", &["effective_at", "actor", "type"], &["effective_at"]),
    ("anthropic", &["organization_id", "actor.type", "created_at"], &["created_at"]),
    ("proofpoint", &["spamScore", "phishScore"], &["messageTime"]),
    ("appomni", &["appomni.event", "event"], &["@timestamp", "event.created", "timestamp"]),
    ("tracebit", &["tracebit_portal_url"], &["timestamp"]),
    ("orca", &["asset_unique_id", "cloud_account_id"], &["state.last_seen", "state.created_at"]),
    ("upwind", &["first_seen_time", "last_seen_time", "triggers"], &["last_seen_time"]),
    ("axonius", &["source=axonius", "event.action"], &["time"]),
    ("ocsf", &["class_uid", "category_uid"], &["time"]),
    ("ocsf", &["class_uid", "activity_id"], &["time"]),
];

const OTLP_TIME: &[&str] = &["timeUnixNano", "observedTimeUnixNano"];
const SNS_TIME: &[&str] = &["Sns.Timestamp", "Timestamp"];
const CARBONBLACK_TIME: &[&str] = &["backend_timestamp", "eventTime"];
const CLOUDWATCH_TIME: &[&str] = &["timestamp", "ingestionTime"];
const CLOUDTRAIL_TIME: &[&str] = &["eventTime", "eventtime", "EventTime"];
const CONFIG_TIME: &[&str] =
    &["configurationItemCaptureTime", "configurationItem.configurationItemCaptureTime", "notificationCreationTime"];
const GUARDDUTY_TIME: &[&str] = &["updatedAt", "UpdatedAt", "createdAt", "CreatedAt"];
const KUBERNETES_EVENT_TIME: &[&str] = &["lastTimestamp", "eventTime", "firstTimestamp", "metadata.creationTimestamp"];
const KUBERNETES_TIME: &[&str] = &["requestReceivedTimestamp", "stageTimestamp"];
const GCP_TIME: &[&str] = &["timestamp", "receiveTimestamp", "receivetimestamp", "protoPayload.timestamp"];
const AZURE_TIME: &[&str] = &["time", "createdDateTime", "activityDateTime", "properties.createdDateTime"];
const M365_TIME: &[&str] = &["CreationTime", "creationtime"];
const CLOUDFLARE_TIME: &[&str] =
    &["Datetime", "EdgeStartTimestamp", "EdgeEndTimestamp", "When", "when", "Timestamp", "CreatedAt"];
const OKTA_TIME: &[&str] = &["published"];
const SLACK_TIME: &[&str] = &["date_create"];
const GITHUB_TIME: &[&str] = &["@timestamp", "created_at", "at_sign_timestamp"];
const WEBHOOK_TIME: &[&str] = &[
    "workflow_run.updated_at",
    "workflow_job.completed_at",
    "workflow_job.started_at",
    "review.submitted_at",
    "comment.updated_at",
    "comment.created_at",
    "pull_request.updated_at",
    "pull_request.created_at",
    "issue.updated_at",
    "issue.created_at",
    "head_commit.timestamp",
    "repository.updated_at",
];
const AUTH0_TIME: &[&str] = &["data.date", "date"];
const CROWDSTRIKE_TIME: &[&str] = &[
    "timestamp",
    "ContextTimeStamp",
    "event.ContextTimeStamp",
    "event.UTCTimestamp",
    "event.Timestamp",
    "metadata.eventCreationTime",
];
const WINDOWS_TIME: &[&str] = &[
    "Event.System.TimeCreated.#attributes.SystemTime",
    "Event.System.TimeCreated.SystemTime",
    "TimeCreated",
    "@timestamp",
    "EventTime",
    "UtcTime",
];
const DUO_TIME: &[&str] = &["isotimestamp", "timestamp"];
const SNOWFLAKE_TIME: &[&str] = &["EVENT_TIMESTAMP", "START_TIME", "CREATED_ON"];
const WIZ_TIME: &[&str] = &["timestamp", "createdAt", "issue.created"];
const ZEEK_TIME: &[&str] = &["ts", "_write_ts"];
const ZSCALER_TIME: &[&str] = &["event.time", "event.datetime"];

/// Of each kind, its own fields of time and then the usual ones.
static KIND_TIMES: LazyLock<Vec<Vec<&'static str>>> = LazyLock::new(|| {
    let times = |kind: &Kind| {
        let usual = TIME_FIELDS.iter().filter(|name| !kind.2.contains(name));
        kind.2.iter().chain(usual).copied().collect()
    };
    KINDS.iter().map(times).collect()
});

/// The source type of a text that starts so.
pub fn source_type(head: &[u8]) -> &'static str {
    let record = FirstRecord::of(head);
    let is_it = |kind: &&Kind| kind.1.iter().all(|name| record.has(name));
    KINDS.iter().find(is_it).map_or(PLAIN, |kind| kind.0)
}

/// The fields that hold the event time in JSON of this source type, best first.
pub fn time_fields(source_type: &str) -> &'static [&'static str] {
    match KINDS.iter().position(|kind| kind.0 == source_type) {
        Some(at) => &KIND_TIMES[at],
        None => &TIME_FIELDS,
    }
}

/// Of these, the fields that only this source type has.
pub fn own_time_fields(source_type: &str) -> &'static [&'static str] {
    KINDS.iter().find(|kind| kind.0 == source_type).map_or(&[], |kind| kind.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_source_type_have_the_same_time() {
        for (name, _, times) in KINDS {
            let first = KINDS.iter().find(|kind| kind.0 == *name).expect("a row");
            assert_eq!(times, &first.2, "{name}");
        }
    }

    #[test]
    fn every_source_type_is_on_the_page_of_the_format() {
        let page = include_str!("../json.rs").replace("\n//! ", " ");
        let (_, list) = page.split_once("*Source types*: ").expect("a list");
        let (list, _) = list.split_once('.').expect("an end");
        let mut names: Vec<&str> = KINDS.iter().map(|kind| kind.0).collect();
        names.sort_unstable();
        names.dedup();
        let expected: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        assert_eq!(list, expected.join(", "));
    }

    #[test]
    fn a_kind_is_told_by_its_first_record() {
        for (text, expected) in [
            (r#"{"a":1}"#, "json"),
            ("", "json"),
            (r#"{"eventVersion":"1","eventSource":"iam"}"#, "aws:cloudtrail"),
            (r#"{"Records":[{"eventVersion":"1","eventSource":"aws:s3","s3":{"bucket":{}}}]}"#, "aws:s3notification"),
            (r#"{"a":1}{"eventVersion":"1","eventSource":"iam"}"#, "json"),
            (
                r#"{"messageType":"x","owner":"1","logGroup":"g","logStream":"s","logEvents":[{"id":1}]}"#,
                "aws:cloudwatch",
            ),
            (r#"{"a":{"eventVersion":"1","eventSource":"iam"}}"#, "json"),
            (r#"{"published":"x","eventtype":"y"}"#, "okta"),
        ] {
            assert_eq!(source_type(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn the_usual_fields_of_time_come_last() {
        assert_eq!(time_fields("json"), TIME_FIELDS);
        let okta = time_fields("okta");
        assert_eq!((okta[0], okta[1], okta.len()), ("published", "eventTime", TIME_FIELDS.len()));
        assert_eq!(time_fields("box")[0], "created_at");
    }
}
