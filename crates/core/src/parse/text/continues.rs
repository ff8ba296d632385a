//! Which lines continue the event before them: stack traces of Java, Python, Go, JavaScript and .NET, and what is indented.

/// How a line starts that is a part of a stack trace though it is not indented.
const STARTS: [&[u8]; 14] = [
    b"at ",
    b"Caused by:",
    b"... ",
    b"Suppressed:",
    b"Traceback (most recent call last)",
    b"During handling of the above exception",
    b"The above exception was the direct cause",
    b"goroutine ",
    b"panic: ",
    b"panic(",
    b"[signal ",
    b"created by ",
    b"exit status ",
    b"--- End of ",
];

/// How the name of an exception ends.
const EXCEPTIONS: [&[u8]; 6] = [b"Exception", b"Error", b"Throwable", b"Warning", b"Interrupt", b"Exit"];

/// Longest name of an exception, or of a function.
const NAME_BYTES_MAX: usize = 256;

/// Whether the line, which does not start with a time, continues the event before it. Never so when it starts with a digit.
pub fn continues(line: &[u8]) -> bool {
    match line.first() {
        None | Some(b'0'..=b'9') => false,
        Some(b' ' | b'\t') => true,
        // What an indented object of JavaScript ends with.
        Some(b'}' | b']') => line.len() <= 2,
        Some(_) => STARTS.iter().any(|start| line.starts_with(start)) || is_exception(line) || is_call(line),
    }
}

/// `java.lang.IllegalStateException: …`, `KeyError`
fn is_exception(line: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$');
    let end = line.iter().take(NAME_BYTES_MAX).position(|byte| !is_name(byte)).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    matches!(rest.first(), None | Some(b':')) && EXCEPTIONS.iter().any(|ending| name.ends_with(ending))
}

/// A function in a trace of Go: `net/http.(*conn).serve(0xc000, {0x1, 0x2})`
fn is_call(line: &[u8]) -> bool {
    let is_name = |byte: &u8| !matches!(byte, b' ' | b':' | b'=' | b'"' | b',');
    let end = line.iter().take(NAME_BYTES_MAX).rposition(|&byte| byte == b'(').unwrap_or(0);
    let name = &line[..end];
    line.ends_with(b")") && name.contains(&b'.') && name.iter().all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_traces_continue() {
        for line in [
            "\tat com.acme.Main.run(Main.java:3)",
            "at Acme.Main()",
            "Caused by: java.io.IOException: x",
            "... 12 more",
            "java.lang.IllegalStateException: x",
            "java.util.concurrent.TimeoutException",
            "Traceback (most recent call last):",
            "  File \"a.py\", line 3, in f",
            "KeyError: 'x'",
            "KeyboardInterrupt",
            "goroutine 1 [running]:",
            "main.f(0x1, 0x2)",
            "net/http.(*conn).serve(0xc000)",
            "panic({0x1, 0x2})",
            "panic(0x1, 0x2)",
            "created by main.main",
            "}",
            "],",
            "   --- End of inner exception stack trace ---",
        ] {
            assert!(continues(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn other_lines_do_not() {
        for line in [
            "",
            "hello",
            "Error in the works: x",
            "An error",
            "12 Error",
            "Starting (now)",
            "a.b c(d)",
            "attention",
            "} else",
        ] {
            assert!(!continues(line.as_bytes()), "{line}");
        }
    }
}
