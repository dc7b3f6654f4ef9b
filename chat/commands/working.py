"""What the commands of operators share: what they work with, and how they speak."""

import datetime
import sys
from dataclasses import dataclass

from chat.operations.audit import Audit
from chat.scope import Scope
from chat.storage.database import Database


@dataclass(frozen=True, slots=True)
class Administration:
    """An opened deployment, and who works on it."""

    database: Database
    audit: Audit
    scope: Scope


def datetime_of(at: int) -> str:
    """Write a time (UTC ms) for an operator, in UTC."""
    moment = datetime.datetime.fromtimestamp(at / 1_000, datetime.UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"


def say(what: str) -> None:
    """Say something beside what was asked for."""
    print(f"samtale: {what}", file=sys.stderr)
