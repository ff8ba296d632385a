//! Whole lines, and what programs' messages say.
use super::*;
use crate::parse::line_format::LineParser;
use crate::parse::registry::Parser;
use crate::parse::settings::SourceSettings;
use crate::parse::source::SourceParser;
use crate::parse::tell::TellSink;

fn lines(text: &str) -> Vec<String> {
    let mut parser = LineParser::<Syslog>::default();
    let mut sink = TellSink::default();
    text.as_bytes().chunks(7).for_each(|part| parser.feed(part, &mut sink));
    parser.finish(&mut sink);
    sink.lines()
}

/// What is told of a message besides itself.
fn inner(program: &str, message: &str) -> String {
    let told = lines(&format!("<13>{program}: {message}")).concat();
    let quoted = serde_json::to_string(message).expect("a string");
    let start =
        format!(r#"{{"priority":13,"facility":"user","severity":"notice","app_name":"{program}","message":{quoted}"#);
    let rest = told.strip_prefix(&start).expect("the message stays whole");
    rest.strip_prefix(',').unwrap_or(rest).strip_suffix('}').expect("an object").to_string()
}

#[test]
fn lines_of_both_standards() {
    let text = "<34>Oct 11 22:14:15 host su[123]: x\nnothing\n<165>1 - h a p M [s k=\"a\\]\" k=\"2\"][t] m\n<1>";
    assert_eq!(
        lines(text),
        [
            r#"{"priority":34,"facility":"auth","severity":"crit","timestamp":"Oct 11 22:14:15","hostname":"host","app_name":"su","process_id":123,"message":"x"}"#,
            r#"!line starts with neither a priority nor a time: {"message":"nothing"}"#,
            r#"{"priority":165,"facility":"local4","severity":"notice","hostname":"h","app_name":"a","process_id":"p","message_id":"M","structured_data":{"s":{"k":["a]","2"]},"t":{}},"message":"m"}"#,
            r#"{"priority":1,"facility":"kern","severity":"alert"}"#,
        ]
    );
}

#[test]
fn messages_with_their_lengths() {
    let messages =
        ["<13>Oct 11 22:14:15 h a: one\n\tat two", "<13>Oct 11 22:14:15 h a: three\n", "<13>Oct 11 22:14:15 h a: four"];
    let text: String = messages.iter().map(|message| format!("{} {message}", message.len())).collect();
    let read = |text: &str, part: usize| {
        let mut parser = SourceParser::new(SourceSettings::default().into(), 0);
        let mut sink = TellSink::default();
        text.as_bytes().chunks(part).for_each(|part| parser.feed(part, &mut sink));
        parser.finish(&mut sink);
        (sink.lines(), parser.format_name())
    };
    let start = r#"{"priority":13,"facility":"user","severity":"notice","#;
    let named = format!(r#"{start}"timestamp":"Oct 11 22:14:15","hostname":"h","app_name":"a","#);
    let expected = [
        format!(r#"{named}"message":"one\n\tat two"}}"#),
        format!(r#"{named}"message":"three"}}"#),
        format!(r#"{named}"message":"four"}}"#),
    ];
    for part in [1, 7, usize::MAX] {
        assert_eq!(read(&text, part), (expected.to_vec(), "syslog"));
    }
    // Where lengths do not fit, lines are what they always were.
    let wrong = text.replacen("36 ", "35 ", 1);
    assert_ne!(wrong, text);
    let (told, format) = read(&wrong, 7);
    assert_eq!((format, told.len()), ("syslog", 3));
    assert_eq!(told[0], format!(r#"{named}"message":"one"}}"#));
}

#[test]
fn repeated_messages() {
    assert_eq!(
        lines("<13>sshd[1]: message repeated 3 times: [ Invalid user x from 192.0.2.1]"),
        [
            r#"{"priority":13,"facility":"user","severity":"notice","app_name":"sshd","process_id":1,"repeated":3,"message":"message repeated 3 times: [ Invalid user x from 192.0.2.1]","sshd":{"action":"invalid_user","user":"x","invalid_user":true,"source_ip":"192.0.2.1"}}"#
        ]
    );
}

/// What sshd's message must say, `FROM` standing for an address and a port.
fn assert_sshd(cases: &[(&str, &str)]) {
    for (message, expected) in cases {
        let expected = expected.replace("FROM", r#""source_ip":"192.0.2.1","source_port":22"#);
        assert_eq!(inner("sshd", message), format!(r#""sshd":{{{expected}}}"#), "{message}");
    }
}

#[test]
fn who_tried_to_log_in_by_sshd() {
    assert_sshd(&[
        (
            "Accepted publickey for root from 192.0.2.1 port 22 ssh2: RSA SHA256:x",
            r#""action":"accepted","user":"root","method":"publickey",FROM,"protocol":"ssh2","key":"RSA SHA256:x""#,
        ),
        (
            "Failed password for invalid user a b from 192.0.2.1 port 22 ssh2",
            r#""action":"failed","user":"a b","invalid_user":true,"method":"password",FROM,"protocol":"ssh2""#,
        ),
        // a user named to mislead
        (
            "Failed none for root from 203.0.113.9 port 1 ssh2 from 192.0.2.1 port 22 ssh2",
            r#""action":"failed","user":"root from 203.0.113.9 port 1 ssh2","method":"none",FROM,"protocol":"ssh2""#,
        ),
        (
            "Invalid user admin from 192.0.2.1 port 22",
            r#""action":"invalid_user","user":"admin","invalid_user":true,FROM"#,
        ),
        (
            "error: maximum authentication attempts exceeded for root from 192.0.2.1 port 22 ssh2 [preauth]",
            r#""action":"maximum_attempts","user":"root",FROM,"protocol":"ssh2""#,
        ),
        (
            "User x from 192.0.2.1 not allowed because not listed in AllowUsers",
            r#""action":"not_allowed","user":"x","source_ip":"192.0.2.1","reason":"not listed in AllowUsers""#,
        ),
        (
            "pam_unix(sshd:session): session closed for user x",
            r#""action":"session_closed","user":"x","module":"pam_unix","service":"sshd","type":"session""#,
        ),
    ]);
    let unknown = ["Accepted", "Failed password for root", "Failed password for root from ; rm port 22", "hello you"];
    for message in unknown {
        assert_eq!(inner("sshd", message), "", "{message}");
    }
}

#[test]
fn connections_to_sshd() {
    assert_sshd(&[
        (
            "Disconnected from authenticating user root 192.0.2.1 port 22 [preauth]",
            r#""action":"disconnected","user":"root",FROM"#,
        ),
        ("Disconnected from 192.0.2.1 port 22", r#""action":"disconnected",FROM"#),
        (
            "Connection closed by invalid user x 192.0.2.1 port 22 [preauth]",
            r#""action":"connection_closed","user":"x","invalid_user":true,FROM"#,
        ),
        ("Connection reset by 192.0.2.1 port 22", r#""action":"connection_reset",FROM"#),
        ("Connection from 192.0.2.1 port 22 on 10.0.0.1 port 22", r#""action":"connection",FROM"#),
        (
            "Received disconnect from 192.0.2.1 port 22:11: Bye Bye [preauth]",
            r#""action":"disconnect_received",FROM,"code":11,"reason":"Bye Bye""#,
        ),
        (
            "Received disconnect from 2001:db8::1: 11: ",
            r#""action":"disconnect_received","source_ip":"2001:db8::1","code":11"#,
        ),
        (
            "Disconnecting: Too many authentication failures [preauth]",
            r#""action":"disconnecting","reason":"Too many authentication failures""#,
        ),
        (
            "Disconnecting invalid user x 192.0.2.1 port 22: Too many [preauth]",
            r#""action":"disconnecting","user":"x","invalid_user":true,FROM,"reason":"Too many""#,
        ),
        ("Did not receive identification string from 192.0.2.1 port 22", r#""action":"no_identification",FROM"#),
        ("Bad protocol version identification 'GET /' from 192.0.2.1 port 22", r#""action":"bad_protocol",FROM"#),
        ("Server listening on :: port 22.", r#""action":"listening","listen_ip":"::","listen_port":22"#),
    ]);
    assert_eq!(inner("sshd", "Disconnected from user x"), "");
}

#[test]
fn messages_of_sudo() {
    let members = r#""user":"bob","tty":"pts/0","pwd":"/srv/bob","run_as":"root""#;
    for (message, expected) in [
        ("  bob : TTY=pts/0 ; PWD=/srv/bob ; USER=root ; COMMAND=/bin/sh -c a ; b", format!(r#""action":"command",{members},"command":"/bin/sh -c a ; b""#)),
        ("bob : TTY=pts/0 ; PWD=/srv/bob ; USER=root", format!(r#""action":"command",{members}"#)),
        ("bob : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; GROUP=g ; COMMAND=ls", r#""action":"refused","user":"bob","reason":"user NOT in sudoers","tty":"pts/0","pwd":"/","run_as":"root","run_as_group":"g","command":"ls""#.to_string()),
    ] {
        assert_eq!(inner("sudo", message), format!(r#""sudo":{{{expected}}}"#), "{message}");
    }
    for message in ["a b : TTY=x ; COMMAND=y", "bob : hello", "bob : hello ; you", "bob"] {
        assert_eq!(inner("sudo", message), "", "{message}");
    }
}

#[test]
fn messages_of_pam_su_login_and_cron() {
    for (program, message, expected) in [
        (
            "systemd",
            "pam_unix(systemd-user:session): session opened for user x by root(uid=0)",
            r#""pam":{"action":"session_opened","user":"x","by":"root","uid":0,"module":"pam_unix","service":"systemd-user","type":"session"}"#,
        ),
        (
            "su",
            "pam_unix(su:session): session opened for user root(uid=0) by (uid=0)",
            r#""su":{"action":"session_opened","user":"root","uid":0,"module":"pam_unix","service":"su","type":"session"}"#,
        ),
        (
            "sshd(pam_unix)",
            "authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=a.example  user=root",
            r#""sshd":{"action":"authentication_failure","uid":0,"euid":0,"tty":"NODEVssh","rhost":"a.example","user":"root","module":"pam_unix"}"#,
        ),
        (
            "x",
            "pam_unix(x:auth): check pass; user unknown",
            r#""pam":{"action":"user_unknown","module":"pam_unix","service":"x","type":"auth"}"#,
        ),
        ("x", "pam_unix(x:auth): something new", ""),
        ("x", "pam_unix(x:auth", ""),
        ("x", "session closed for user root", ""),
        ("su", "Successful su for root by bob", r#""su":{"action":"accepted","user":"root","by":"bob"}"#),
        (
            "su",
            "FAILED SU (to root) bob on pts/0",
            r#""su":{"action":"failed","user":"root","by":"bob","tty":"pts/0"}"#,
        ),
        ("su", "(to root) bob on pts/0", r#""su":{"action":"accepted","user":"root","by":"bob","tty":"pts/0"}"#),
        ("su", "- /dev/pts/0 bob:root", r#""su":{"action":"failed","user":"root","by":"bob","tty":"/dev/pts/0"}"#),
        ("su", "hello", ""),
        (
            "login",
            "FAILED LOGIN (1) on '/dev/tty1' FOR 'root', Authentication failure",
            r#""login":{"action":"failed","user":"root","tty":"/dev/tty1","reason":"Authentication failure"}"#,
        ),
        ("login", "ROOT LOGIN  on '/dev/tty1'", r#""login":{"action":"accepted","user":"root","tty":"/dev/tty1"}"#),
        ("login", "LOGIN ON tty1 BY bob", r#""login":{"action":"accepted","user":"bob","tty":"tty1"}"#),
        (
            "CRON",
            "(root) CMD (run-parts (x))",
            r#""cron":{"action":"command","user":"root","command":"run-parts (x)"}"#,
        ),
        ("/usr/sbin/cron", "(bob) BEGIN EDIT (bob)", r#""cron":{"action":"begin_edit","user":"bob","detail":"bob"}"#),
        ("CRON", "(root) DANCE (x)", ""),
        ("CRON", "(root", ""),
    ] {
        assert_eq!(inner(program, message), expected, "{program} {message}");
    }
}

#[test]
fn messages_of_the_kernel() {
    for (message, expected) in [
        (
            "[12.5] [UFW BLOCK] IN=eth0 OUT= MAC=00:11 SRC=192.0.2.1 DST=10.0.0.1 LEN=40 TOS=0x00 DF PROTO=UDP SPT=53 LEN=20 SYN [SRC=1.1.1.1 ]",
            r#""iptables":{"prefix":"[UFW BLOCK]","IN":"eth0","OUT":null,"MAC":"00:11","SRC":"192.0.2.1","DST":"10.0.0.1","LEN":40,"TOS":"0x00","DF":true,"PROTO":"UDP","SPT":53,"SYN":true}"#,
        ),
        ("IN=eth0 OUT=", ""),
        ("PLUGIN=eth0 OUT= SRC=1", ""),
        (
            "[ 1.5] audit: type=1400 audit(1364481363.243:7): apparmor=\"DENIED\" pid=7 comm=\"a b\"",
            r#""audit":{"type":"1400","event_id":7,"apparmor":"DENIED","pid":7,"comm":"a b"}"#,
        ),
        ("audit: type=1400 audit(x:7): a=1", ""),
        (
            "audit: type=1400 audit(1364481363.243:7): avc:  denied  { read write } for  pid=7 comm=\"cat\" scontext=a:b:c:s0 permissive=0",
            r#""audit":{"type":"1400","event_id":7,"seresult":"denied","seperms":["read","write"],"pid":7,"comm":"cat","scontext":"a:b:c:s0","permissive":0}"#,
        ),
    ] {
        assert_eq!(inner("kernel", message), expected, "{message}");
    }
}

#[test]
fn decisions_of_selinux() {
    let told = |fields: &str| {
        let mut parser = LineParser::<crate::parse::audit::Audit>::default();
        let mut sink = TellSink::default();
        parser.feed(format!("type=AVC msg=audit(1:9): {fields}\n").as_bytes(), &mut sink);
        parser.finish(&mut sink);
        let told = sink.lines().concat();
        let rest = told.strip_prefix(r#"{"type":"AVC","event_id":9"#).expect("what every record has");
        rest.strip_prefix(',').unwrap_or(rest).strip_suffix('}').expect("an object").to_string()
    };
    let whole = |fields: &str, told: &str| format!(r#"{told}"message":"type=AVC msg=audit(1:9): {fields}""#);
    for (fields, expected) in [
        (
            "avc:  denied  { read } for  pid=1 tclass=file",
            r#""seresult":"denied","seperms":["read"],"pid":1,"tclass":"file""#,
        ),
        ("avc: granted { a b_c } for pid=1", r#""seresult":"granted","seperms":["a","b_c"],"pid":1"#),
        ("avc:  denied  { read } pid=1", r#""seresult":"denied","seperms":["read"],"pid":1"#),
        (
            "msg='avc:  denied  { start } for auid=n/a uid=0 exe=\"/x\"'",
            r#""msg":{"seresult":"denied","seperms":["start"],"auid":"n/a","uid":0,"exe":"/x"}"#,
        ),
    ] {
        assert_eq!(told(fields), expected, "{fields}");
    }
    for (fields, expected) in [
        ("avc:  denied  { read } fox  pid=1", r#""seresult":"denied","seperms":["read"],"pid":1,"#),
        ("avc:  denied  { } for  pid=1", r#""pid":1,"#),
        ("avc:  denied  { read for  pid=1", r#""pid":1,"#),
        ("avc:  denied  { read }x for  pid=1", r#""pid":1,"#),
        ("avc:  received policyload notice", ""),
        ("avd:  denied  { read } for  pid=1", r#""pid":1,"#),
        ("avc:  denied  { read } for  seperms=1", r#""seresult":"denied","seperms":["read"],"#),
    ] {
        let found = told(fields);
        assert!(found.ends_with(&whole(fields, "")), "{fields} keeps the line: {found}");
        assert_eq!(found, whole(fields, expected), "{fields}");
    }
}

#[test]
fn records_of_audit() {
    let mut parser = LineParser::<crate::parse::audit::Audit>::default();
    let mut sink = TellSink::default();
    let text = concat!(
        "type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e a0=10 pid=7 comm=\"cat\" key=(null) exe=2F6120\u{1d}UID=\"root\"\n",
        "node=h type=USER_LOGIN msg=audit(1.5:8): pid=1 msg='op=login acct=\"root\" addr=? pid=2'\n",
        "type=EXECVE msg=audit(1:9): argc=2 a0=\"ls\" a1=2D6C\n",
        "type=PROCTITLE msg=audit(1:9): proctitle=6C73002D6C\n",
        "type=X msg=audit(1:9): words here pid=1\n",
        "type=X msg=audit(1:9): a=1 a=2\n",
        "type=X msg=audit(1:9)\n",
    );
    parser.feed(text.as_bytes(), &mut sink);
    parser.finish(&mut sink);
    assert_eq!(
        sink.lines(),
        [
            r#"{"type":"SYSCALL","event_id":24287,"arch":"c000003e","a0":"10","pid":7,"comm":"cat","key":null,"exe":"2F6120","exe_decoded":"/a ","UID":"root"}"#,
            r#"{"node":"h","type":"USER_LOGIN","event_id":8,"pid":1,"msg":{"op":"login","acct":"root","addr":null,"pid":2}}"#,
            r#"{"type":"EXECVE","event_id":9,"argc":2,"a0":"ls","a1":"2D6C","a1_decoded":"-l"}"#,
            r#"{"type":"PROCTITLE","event_id":9,"proctitle":"6C73002D6C","proctitle_decoded":"ls -l"}"#,
            r#"{"type":"X","event_id":9,"pid":1,"message":"type=X msg=audit(1:9): words here pid=1"}"#,
            r#"{"type":"X","event_id":9,"a":1,"message":"type=X msg=audit(1:9): a=1 a=2"}"#,
            r#"!line is no record of audit: {"message":"type=X msg=audit(1:9)"}"#,
        ]
    );
    assert_eq!(sink.events[0].facts.time_ns, Some(1_364_481_363_243_000_000));
}
