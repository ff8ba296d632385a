"""Lines of syslog as a fleet of hosts writes them: logins and attempts, sudo, cron, the kernel's firewall, services."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
USERS = ("root", "admin", "deploy", "ubuntu", "postgres", "oracle", "git", "backup")
FIREWALL = (
    "kernel: [{n}.{pid}] [UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:65:43:21:08:00 SRC={ip} "
    "DST=10.0.0.{tty} LEN=40 TOS=0x00 PREC=0x00 TTL=245 ID={port}"
    " PROTO=TCP SPT={port} DPT=22 WINDOW=1024 RES=0x00 SYN URGP=0"
)
SHAPES = (
    FIREWALL,
    "sshd[{pid}]: Failed password for invalid user {user}{n} from {ip} port {port} ssh2",
    "sshd[{pid}]: Failed password for {user} from {ip} port {port} ssh2",
    "sshd[{pid}]: Accepted publickey for {user} from {ip} port {port} ssh2: ED25519 SHA256:{n:016x}",
    "sshd[{pid}]: pam_unix(sshd:session): session opened for user {user} by (uid=0)",
    "sshd[{pid}]: Connection closed by {ip} port {port} [preauth]",
    "sudo:   {user} : TTY=pts/{tty} ; PWD=/srv/{user} ; USER=root ; COMMAND=/usr/bin/systemctl restart app-{n}.service",
    "CRON[{pid}]: (root) CMD (run-parts --report /etc/cron.hourly)",
    "systemd[1]: Started Session {n} of user {user}.",
    'dockerd[{pid}]: level=info msg="shim disconnected" id={n:016x} namespace=moby request=/v1/containers/{pid}/json',
    "postfix/smtpd[{pid}]: connect from unknown[{ip}]",
    "dhclient[{pid}]: DHCPACK of 10.0.0.{tty} from 10.0.0.1 (xid=0x{n:08x})",
)


def lines(random: Random, count: int) -> Iterator[str]:
    """So many lines in order of time, without line ends."""
    second = 0
    for _ in range(count):
        second += random.random() < 0.2
        day, of_day = divmod(second, 86_400)
        time = f"{MONTHS[day // 28 % 12]} {day % 28 + 1:2} {of_day // 3600:02}:{of_day // 60 % 60:02}:{of_day % 60:02}"
        message = random.choice(SHAPES).format(
            pid=random.randrange(300, 65_536),
            user=random.choice(USERS),
            ip=".".join(str(random.randrange(1, 255)) for _ in range(4)),
            port=random.randrange(1024, 65_536),
            tty=random.randrange(250),
            n=random.randrange(1, 1_000_000),
        )
        yield f"<{random.choice((38, 86, 78, 4, 30))}>{time} host-{random.randrange(200):03} {message}"
