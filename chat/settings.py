"""Settings: from a TOML file and the environment, checked at start, documented in one place.

`SAMTALE_CONFIG` names the file; `SAMTALE_<NAME>` overrides one setting. `samtale settings` prints
all of them with their meaning. Limits are those of the design's section 7.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

Positive = Annotated[int, Meta(ge=1)]
Port = Annotated[int, Meta(ge=0, le=65535)]


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """Every limit: a number that may be raised for load tests, never switched off."""

    messages_per_minute: Positive = 60
    messages_burst: Positive = 15
    new_account_messages_per_minute: Positive = 10
    new_account_days: Positive = 7
    new_conversations_per_day: Positive = 20
    new_conversations_per_day_first_week: Positive = 5
    typing_interval_ms: Positive = 3_000
    presence_gone_after_ms: Positive = 30_000
    evidence_days: Positive = 30
    searches_per_minute: Positive = 60
    sockets_per_account: Positive = 10
    unauthenticated_sockets_per_address: Positive = 100
    greetings_per_second: Positive = 250
    authenticate_within_ms: Positive = 5_000
    ping_interval_ms: Positive = 25_000
    silent_after_ms: Positive = 45_000
    outbox_bytes: Positive = 262_144
    resume_entries_per_page: Positive = 200
    resume_entries_at_most: Positive = 5_000
    head_within_ms: Positive = 10_000
    body_bytes: Positive = 65_536
    picture_bytes: Positive = 5_242_880
    picture_pixels: Positive = 12_000_000
    unclaimed_pictures: Positive = 20
    login_failures: Positive = 5
    login_window_ms: Positive = 900_000
    registrations_per_hour_and_address: Positive = 20
    account_mails_per_hour_and_address: Positive = 5
    account_mails_per_hour_and_recipient: Positive = 20
    password_checks_per_minute_and_address: Positive = 120
    password_queue: Positive = 40
    session_ms: Positive = 2_592_000_000
    volunteer_session_ms: Positive = 43_200_000
    staff_session_ms: Positive = 28_800_000
    sessions_per_account: Positive = 50
    socket_ticket_ms: Positive = 30_000
    calls_per_minute: Positive = 10
    call_signals_per_minute: Positive = 240
    call_signals_burst: Positive = 60
    call_changes_per_minute: Positive = 60
    call_changes_burst: Positive = 30
    call_rings_ms: Positive = 60_000
    call_connects_ms: Positive = 60_000
    call_changes_ms: Positive = 90_000
    call_talk_ms: Positive = 900_000
    call_warning_ms: Positive = 120_000
    call_farewell_ms: Positive = 30_000
    call_extension_ms: Positive = 300_000
    call_extensions: Positive = 6
    turn_credentials_ms: Positive = 600_000
    bubbles_per_day: Positive = 10
    bubble_edits_per_minute: Positive = 30


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything an operator may set.

    `data`: the folder of the SQLite file. `database`: the URL of a PostgreSQL database, used
    instead. `redis_url`: where several processes meet; `workers`: how many there are;
    `worker_ports`: ports of their own. `base_url`: how people reach the server, without a slash at
    the end; links in mail are made from it, and sockets and cookies are allowed only from it and
    from `origins`. `tls_*`: PEM files, for a server without a proxy before it. `smtp_*`: where mail
    goes out; without a host mail waits in the outbox. `sms_*`: GatewayAPI; without a token no SMS
    is sent. `vapid_*`: who we are to push services; without a key there is no Web Push.
    `push_hosts`: the push services that are sent to, with every name below them. `push_inside`:
    send to this machine and its network too, for tests. `demo`: fill with demo people, show mail at
    /demo/mailbox; loopback only. `operators_*`: where metrics and readiness are shown in full; the
    first process takes the port, each further one the next, and on 0 there is none. `turn_*`: the
    relay for calls, and the secret shared with it; without one no call is made, but in a demo on
    one machine. `calls_in`: kinds of conversations in which one may call besides those made for it
    (`bubble`).
    """

    data: str = "data"
    database: Annotated[str, Meta(pattern="^(postgres(ql)?://.+)?$")] = ""
    redis_url: str = ""
    workers: Positive = 1
    worker_ports: tuple[Port, ...] = ()
    host: str = "127.0.0.1"
    port: Port = 8000
    operators_host: str = "127.0.0.1"
    operators_port: Port = 0
    base_url: str = "http://127.0.0.1:8000"
    origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    tls_certificate: str = ""
    tls_key: str = ""
    smtp_host: str = ""
    smtp_port: Port = 25
    smtp_username: str = ""
    smtp_password: str = ""
    smtp_starttls: bool = False
    mail_from: str = "Samtale <samtale@localhost>"
    sms_url: str = "https://gatewayapi.eu/rest/mtsms"
    sms_token: str = ""
    sms_report_secret: str = ""
    sms_sender: Annotated[str, Meta(min_length=1, max_length=11)] = "Samtale"
    vapid_private_key: str = ""
    vapid_subject: str = ""
    push_hosts: tuple[str, ...] = (
        "fcm.googleapis.com",
        "push.services.mozilla.com",
        "push.apple.com",
        "notify.windows.com",
    )
    push_inside: bool = False
    turn_urls: tuple[str, ...] = ()
    turn_secret: str = ""
    calls_in: tuple[str, ...] = ()
    away_after_ms: Positive = 60_000
    unanswered_after_days: Positive = 7
    drain_spread_ms: Positive = 5_000
    log_format: Annotated[str, Meta(pattern="^(json|console)$")] = "json"
    log_level: Annotated[str, Meta(pattern="^(debug|info|warning|error)$")] = "info"
    disk_reserve_mb: Annotated[int, Meta(ge=0)] = 500
    demo: bool = False
    limits: Limits = Limits()

    @property
    def database_address(self) -> Path | str:
        """The SQLite file, or the URL of the PostgreSQL database."""
        return self.database or Path(self.data) / "samtale.db"


def without_password(url: str) -> str:
    """Give a URL as it may be shown and logged."""
    return re.sub(r"(?<=://)([^/@:]*):[^@]*@|(?<=[?&]password=)[^&]*", _hidden, url)


def _hidden(found: re.Match[str]) -> str:
    return "…" if found[1] is None else f"{found[1]}:…@"


LISTS = {"origins", "trusted_proxies", "push_hosts", "turn_urls", "calls_in", "worker_ports"}
"""Settings that are lists: in the environment separated by commas."""


class BadSettings(Exception):
    """A setting is unknown or has a value that is not allowed; the text says which."""


def load_settings(environment: Mapping[str, str], **overrides: object) -> Settings:
    """Read the file named by `SAMTALE_CONFIG`, then the environment, then `overrides`.

    A limit is set as `SAMTALE_LIMITS_<NAME>` or in the table `[limits]`; lists are separated by
    commas. Raises `BadSettings`.
    """
    try:
        values = _from_file(environment.get("SAMTALE_CONFIG", ""))
        _add_environment(values, environment)
        values.update({key: value for key, value in overrides.items() if value is not None})
        return msgspec.convert(values, Settings, strict=False)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadSettings(str(error)) from error


def _from_file(path: str) -> dict[str, Any]:
    return tomllib.loads(Path(path).read_text(encoding="utf-8")) if path else {}


def _add_environment(values: dict[str, Any], environment: Mapping[str, str]) -> None:
    limits = dict(values.get("limits", {}))
    for name, value in environment.items():
        key = name.removeprefix("SAMTALE_").lower()
        if not name.startswith("SAMTALE_") or key == "config":
            continue
        if key.startswith("limits_"):
            limits[key.removeprefix("limits_")] = value
        elif key in LISTS:
            values[key] = tuple(part.strip() for part in value.split(",") if part.strip())
        else:
            values[key] = value
    values["limits"] = limits


def settings_from_process(**overrides: object) -> Settings:
    """Read the settings of this process. Raises `BadSettings`."""
    return load_settings(os.environ, **overrides)
