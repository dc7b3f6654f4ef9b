"""Runs a load over one Locust process or many: begins it, sets its pace, and gathers what was seen.

master / alone:   begin ── people, share, run ──>  each worker's `Load`
                  pace  ── rate, phase ─────────>       "
                  <── meters, with Locust's own reports, every few seconds
                  settle ───────────────────────>  send no more, wait until all has arrived
                  <── known ── the oracle, and the last of the meter
"""

import functools
import logging
import secrets
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent  # type: ignore[import-untyped]
import msgspec
from gevent import subprocess
from locust import argument_parser
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from chat.seed.people import People
from loadtests.guard import NotAllowed, check_host
from loadtests.ledger import Ledger
from loadtests.partition import Cast, Share
from loadtests.report import Objective, Outcome, content, tell, write
from loadtests.shapes import SHAPES, Moment, Shape, Size
from loadtests.target import Target, answers
from loadtests.users.line import Host, trusting
from loadtests.users.load import SETTLE_SECONDS, Load, load_of, set_load
from loadtests.users.mix import MESSAGES_PER_MINUTE_AND_CONNECTED, MIXES
from loadtests.validity import raise_open_files

log = logging.getLogger(__name__)

ANSWER_SECONDS = SETTLE_SECONDS + 15
TAKE_SECONDS = 1.0
CONDUCT_SECONDS = 0.25
GONE_SECONDS, BACK_SECONDS = 10.0, 120.0
"""How long a restarted server may take to go, and to come back."""
STEADY_PACE = 0.02
"""A rate that differs by less is not told anew."""


class Director:
    """One in each process; what it does depends on the runner that Locust gave it."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.options: Any = environment.parsed_options
        self.ledger = Ledger()
        self.shape: Shape | None = None
        self._ended: Shape | None = None
        self._stage = -1
        self._told: dict[str, Any] = {}
        self._awaited: set[str] = set()
        self._settled = False
        self._running = self._away = False
        self._started = 0.0
        events, runner = environment.events, environment.runner
        if isinstance(runner, WorkerRunner):
            _spare_the_parsers()
            runner.register_message("samtale.begin", self._begin_here)
            runner.register_message("samtale.pace", self._pace_here)
            runner.register_message("samtale.settle", self._settle_here, concurrent=True)
            events.report_to_master.add_listener(self._report)
            events.test_stopping.add_listener(lambda **_: self._settle_here())
        else:
            events.test_start.add_listener(lambda **_: self._begin())
            events.test_stopping.add_listener(lambda **_: self._settle())
            events.test_stop.add_listener(lambda **_: self._forget_shape())
            events.quitting.add_listener(lambda **_: self._end())
        if isinstance(runner, MasterRunner):
            runner.register_message("samtale.known", self._take_known)
            events.worker_report.add_listener(self._take_report)
            events.worker_connect.add_listener(self._late)

    # --- the master's side, or that of a process which is alone

    def check(self) -> None:
        """Refuse what cannot or may not be loaded. Raises `NotAllowed`, `OSError`, `ValueError`."""
        target = Target.parse(self.environment.host or "")
        check_host(target.host, (self.options.allow_host or "").split(","))
        People.read(Path(self.options.people))

    def refuse(self, refusal: Exception) -> None:
        """Say why there will be no run."""
        log.error("%s", refusal)
        self.environment.process_exit_code = 2

    def make_shape(self) -> Shape:
        """Make the shape that was asked for, on the web page or the command line."""
        options = self.options
        people = int(options.num_users or 1)
        per_minute = people * MESSAGES_PER_MINUTE_AND_CONNECTED
        rate = float(options.rate or 0) or per_minute / 60
        seconds = float(options.run_time or 60)
        self.shape = SHAPES[options.shape](Size(people, rate, seconds))
        self._stage, self._started = -1, time.monotonic()
        return self.shape

    def _forget_shape(self) -> None:
        """Let the next run make its own."""
        self._ended, self.shape, self._running = self.shape, None, False
        self.ledger.sampler.look()

    def moment(self) -> Moment | None:
        """Tell what the shape wants now; None once it is over, or none was made."""
        passed = time.monotonic() - self._started
        return self.shape.at(passed) if self.shape is not None else None

    def _conduct(self) -> None:
        """Tell the pace as it changes; Locust's own ticks stand still while people come."""
        while self._running and not self._settled and (moment := self.moment()) is not None:
            self._set_stage(moment)
            gevent.sleep(CONDUCT_SECONDS)

    def _look(self, ledger: Ledger) -> None:
        """Look at the server every second, beside Locust's own work."""
        while not self._settled:
            gevent.get_hub().threadpool.apply(ledger.sampler.look)
            gevent.sleep(TAKE_SECONDS)

    def _set_stage(self, moment: Moment) -> None:
        if moment.number != self._stage:
            self._stage = moment.number
            log.info("%s: %d people", moment.stage.name, moment.people)
            if moment.stage.restart:
                gevent.spawn(self._restart)
            if moment.stage.broker:
                gevent.spawn(self._disturb)
        assert self.environment.runner is not None, "a runner asks"
        runner = self.environment.runner
        counts = (
            runner.target_user_classes_count
            if isinstance(runner, MasterRunner)
            else runner.user_classes_count
        )
        citizens = counts.get("Citizen", 0)
        pace = {
            "per_citizen": moment.per_second / max(1, citizens),
            "phase": moment.stage.name,
            "outage": moment.stage.outage or self._away,
        }
        if self._is_news(pace):
            self._told = pace
            self._tell("samtale.pace", pace)

    def _is_news(self, pace: dict[str, Any]) -> bool:
        told = self._told
        if not told or (told["phase"], told["outage"]) != (pace["phase"], pace["outage"]):
            return True
        return bool(
            abs(told["per_citizen"] - pace["per_citizen"]) > STEADY_PACE * told["per_citizen"]
        )

    def _restart(self) -> None:
        """Have the server killed and started, or stopped and started: whoever owns it knows how."""
        self._away = bool(self.options.restart_command)
        self._disturb()
        if not self._away:
            return
        target = Target.parse(self.environment.host or "")
        _wait_until(lambda: not answers(target), GONE_SECONDS)
        _wait_until(lambda: answers(target), BACK_SECONDS)
        self._away = False

    def _disturb(self) -> None:
        """Run the command that the shape is about; the server itself may stay."""
        command = self.options.restart_command
        if not command:
            log.warning("disturb the server now: this shape is about that (--restart-command)")
            return
        done = subprocess.run(shlex.split(command), check=False)
        if done.returncode:
            log.error("%s ended with %d", command, done.returncode)

    def _begin(self) -> None:
        runner, options = self.environment.runner, self.options
        self.ledger = Ledger([one for one in (options.metrics or "").split(",") if one])
        self._told, self._settled = {}, False
        try:
            self.check()
        except (NotAllowed, OSError, ValueError) as refusal:
            self.refuse(refusal)
            return
        order = {
            "host": self.environment.host, "allowed": options.allow_host or "",
            "ca": options.ca or "", "faster": float(options.faster or 1),
            "mix": options.mix,
            "people": msgspec.to_builtins(People.read(Path(options.people))),
            "run": secrets.token_hex(2),
        }  # fmt: skip
        self._order = order
        self._running = True
        if isinstance(runner, MasterRunner):
            workers = [client.id for client in runner.clients.ready]
            for number, client_id in enumerate(workers):
                share = {"number": number, "of": len(workers)}
                runner.send_message("samtale.begin", order | {"share": share}, client_id)
            self._awaited = set(workers)
        else:
            self._begin_load(order | {"share": {"number": 0, "of": 1}})
            gevent.spawn(self._take_own, load_of(self.environment))
        gevent.spawn(self._conduct)
        gevent.spawn(self._look, self.ledger)

    def _late(self, client_id: str) -> None:
        """Whoever comes late finds all people given out, and says so."""
        runner = self.environment.runner
        if isinstance(runner, MasterRunner) and self._awaited and client_id not in self._awaited:
            runner.send_message("samtale.begin", self._order | {"share": None}, client_id)

    def _tell(self, what: str, data: dict[str, Any]) -> None:
        runner = self.environment.runner
        if isinstance(runner, MasterRunner):
            for client_id in sorted(self._awaited):
                runner.send_message(what, data, client_id)
        elif isinstance(runner, LocalRunner) and what == "samtale.pace":
            self._set_pace(data)

    def _settle(self) -> None:
        """Let all that was sent arrive, and gather what everybody knows; then judge."""
        if self._settled:
            return
        self._settled = True
        if isinstance(self.environment.runner, MasterRunner):
            self._tell("samtale.settle", {})
            until = time.monotonic() + ANSWER_SECONDS
            while self._awaited and time.monotonic() < until:
                gevent.sleep(0.1)
            for client_id in sorted(self._awaited):
                self.ledger.silent.append(client_id)
        elif self._begun:
            load = load_of(self.environment)
            load.settle()
            self.ledger.take(load.take())
            if load.known is not None:
                self.ledger.know(load.known)

    @property
    def _begun(self) -> bool:
        return isinstance(getattr(self.environment, "samtale", None), Load)

    def _take_own(self, load: Load) -> None:
        while load.known is None:
            gevent.sleep(TAKE_SECONDS)
            self.ledger.take(load.take())

    def _take_report(self, client_id: str, data: dict[str, Any]) -> None:
        if (noted := data.get("samtale")) is not None:
            self.ledger.take(noted)

    def _take_known(self, msg: Any, **_: Any) -> None:
        self.ledger.take(msg.data["noted"])
        self.ledger.know(msg.data["oracle"])
        self._awaited.discard(msg.node_id)

    def _end(self) -> None:
        """Write the report; a server that broke its word is a failed run."""
        if self._ended is None or not self._settled:
            return
        options, ledger = self.options, self.ledger
        limit = float(options.objective or 0)
        objective = Objective(milliseconds=limit) if limit else None
        run = ledger.run(
            self._ended, self.environment.host or "", objective, int(options.num_users or 1)
        )
        found = content(run)
        tell(found)
        if options.report:
            for path in write(found, Path(options.report)):
                print(f"wrote {path}")
        if ledger.unreliable:
            self.environment.process_exit_code = Outcome.INVALID.exit_code
        elif run.outcome is not Outcome.PASSED:
            self.environment.process_exit_code = run.outcome.exit_code

    # --- the worker's side

    def _begin_here(self, msg: Any, **_: Any) -> None:
        self._settled = False
        self._begin_load(msg.data)

    def _begin_load(self, order: dict[str, Any]) -> None:
        raise_open_files()
        target = Target.parse(order["host"])
        check_host(target.host, order["allowed"].split(","))
        people = msgspec.convert(order["people"], People)
        share = Share(**order["share"]) if order["share"] else None
        host = Host(target, trusting(order["ca"]) if target.tls else None)
        load = Load(
            self.environment,
            host,
            Cast(people, share),
            order["run"],
            faster=order["faster"],
            mix=MIXES[order["mix"]],
        )
        set_load(self.environment, load)

    def _pace_here(self, msg: Any, **_: Any) -> None:
        if self._begun:
            self._set_pace(msg.data)

    def _set_pace(self, pace: dict[str, Any]) -> None:
        load_of(self.environment).set_pace(
            pace["per_citizen"], pace["phase"], outage=pace["outage"]
        )

    def _settle_here(self, **_: Any) -> None:
        runner = self.environment.runner
        if self._settled or not self._begun or not isinstance(runner, WorkerRunner):
            return
        self._settled = True
        load = load_of(self.environment)
        load.settle()
        runner.send_message("samtale.known", {"noted": load.take(), "oracle": load.known})

    def _report(self, client_id: str, data: dict[str, Any]) -> None:
        if self._begun:
            data["samtale"] = load_of(self.environment).take()


def _spare_the_parsers() -> None:
    """Have Locust ask for its own options once.

    A worker builds its whole parser anew for every option of every order to spawn: half a second
    of CPU each time, in which it sends nothing and is soon given up as missing.
    """
    argument_parser.default_args_dict = functools.cache(argument_parser.default_args_dict)


def _wait_until(done: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:
        gevent.sleep(0.05)


def director_of(environment: Environment) -> Director:
    """Give the director of an environment, made at the first call."""
    found: Any = getattr(environment, "samtale_director", None)
    if isinstance(found, Director):
        return found
    director = Director(environment)
    environment.samtale_director = director  # type: ignore[attr-defined]
    return director
