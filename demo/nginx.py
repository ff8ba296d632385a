"""nginx access logs (combined format) of the made-up day: a web shop, and an attack on it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from demo.story import ATTACK_START, ATTACKER, public_address, work_time

if TYPE_CHECKING:
    import random
    from datetime import datetime

AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
]
ATTACKS = [
    "/products?id=1%27%20OR%20%271%27=%271",
    "/products?id=1%20UNION%20SELECT%20username,password%20FROM%20users--",
    "/download?file=../../../../etc/passwd",
    "/.git/config",
    "/wp-login.php",
    "/admin/login",
    "/api/v1/users?limit=100000",
    "/search?q=%3Cscript%3Ealert(1)%3C/script%3E",
]
THEFT = "/image-proxy?url=http://169.254.169.254/latest/meta-data/iam/security-credentials/web-shop"


def lines(rng: random.Random, count: int) -> list[str]:
    """About `count` lines in order of time, the attack among them."""
    made = [_visit(rng) for _ in range(count)] + _attack(rng)
    return [line for _, line in sorted(made)]


def _line(when: datetime, address: str, request: str, status: int, size_bytes: int, referer: str, agent: str) -> str:
    stamp = when.strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'{address} - - [{stamp}] "{request} HTTP/1.1" {status} {size_bytes} "{referer}" "{agent}"'


def _visit(rng: random.Random) -> tuple[datetime, str]:
    """A customer, or a robot, looks at a page."""
    when = work_time(rng)
    product = rng.randrange(1, 900)
    path, size = rng.choice(
        [
            ("/", 5120),
            (f"/products/{product}", 8400 + product),
            (f"/images/{product}.webp", 41000 + 31 * product),
            (f"/cart?session={rng.getrandbits(64):016x}", 1200),
            ("/static/app.js", 182044),
        ]
    )
    status = rng.choices([200, 304, 301, 404, 500], [80, 12, 3, 4, 1])[0]
    size = size if status == 200 else 162
    referer = "-" if rng.random() < 0.4 else "https://shop.example/"
    return when, _line(when, public_address(rng), f"GET {path}", status, size, referer, rng.choice(AGENTS))


def _attack(rng: random.Random) -> list[tuple[datetime, str]]:
    """Hundreds of tries that fail, and one that does not."""
    made, when = [], ATTACK_START
    for _ in range(400):
        when += timedelta(seconds=rng.randrange(1, 4))
        path = rng.choice(ATTACKS)
        status = rng.choices([404, 403, 500, 200], [60, 25, 13, 2])[0]
        made.append(
            (when, _line(when, ATTACKER, f"GET {path}", status, 162, "-", "sqlmap/1.8.11#stable (https://sqlmap.org)"))
        )
    when += timedelta(seconds=40)
    made.append((when, _line(when, ATTACKER, f"GET {THEFT}", 200, 1344, "-", "curl/8.11.0")))
    return made
