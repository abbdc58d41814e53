"""Owns the check that stands behind every test: what a service's code does with Redis is what compose/redis/users.acl lets its user do.

A test with a memory cache would not notice; so each call of ours, whatever store it goes to, is held against the file. The server
itself is asked in tests/mesh/redis and tests/services/frontend/test_on_mesh_redis.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.redises import users

SERVICES: Final = f"{Path(__file__).parents[2] / 'services'}/"
READING: Final = frozenset({"fetch", "fetch_many", "list_members"})
LOCKED: Final = frozenset({"store", "forget", "compute"})
"""Calls that touch ``lock:KEY`` too."""
_SCRIPT: Final = ("eval", "evalsha")
COMMANDS: Final[dict[str, tuple[str, ...]]] = {
    "fetch": ("mget",), "fetch_many": ("mget",), "store": ("multi", "set", "del", "exec", "discard"), "store_if_absent": ("set",),
    "forget": ("unlink",), "compute": (*_SCRIPT, "get", "pttl", "set", "del"), "forget_family": ("set",),
    "allow": (*_SCRIPT, "time", "get", "set"), "fetch_and_allow": (*_SCRIPT, "time", "get", "set"),
    "add_to_list": (*_SCRIPT, "time", "zrange", "zadd", "zremrangebyrank", "pexpire"), "list_members": ("zrange",),
    "remove_from_list": ("zrem",), "publish": (*_SCRIPT, "xrevrange", "xadd", "expire", "publish"), "replay": ("xrange", "xrevrange"),
    "follow": ("subscribe", "unsubscribe"),
}  # fmt: skip
"""What mesh.cache.redis and mesh.topics.redis make of each call."""


def _patterns(rules: list[str]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The keys that a user may read, those that it may write, and its channels."""
    both = [rule[1:] for rule in rules if rule.startswith("~")]
    return (
        (*both, *(rule[3:] for rule in rules if rule.startswith("%R~"))),
        (*both, *(rule[3:] for rule in rules if rule.startswith("%W~"))),
        tuple(rule[1:] for rule in rules if rule.startswith("&")),
    )


class Witness:
    """What was done against the file since it was last asked."""

    def __init__(self, rules_of: Mapping[str, list[str]]) -> None:
        self.found: list[str] = []
        self._patterns = {user: _patterns(rules) for user, rules in rules_of.items()}
        self._commands = {user: {rule[1:] for rule in rules if rule.startswith("+")} for user, rules in rules_of.items()}

    def watch(self, state: Any, store: Any, topics: Any) -> None:
        """Holds what the code of services does with these against the file. What a test does itself is its own affair."""
        for one in (state, store):
            for name in (*READING, *LOCKED, "store_if_absent", "forget_family", "allow", "fetch_and_allow", "add_to_list", "remove_from_list"):
                self._watch_call(one, name)
        publish, replay, subscribe = topics.publish, topics.replay, topics.subscribe

        async def checked_publish(service: str, items: Any) -> None:
            for topic, _ in items:
                self._note(service, "publish", topic, self._has(service, f"news:{topic}", 1) and self._has(service, f"news:0:{topic}", 2))
            await publish(items)

        async def checked_replay(service: str, topic: str, *more: Any) -> Any:
            self._note(service, "replay", topic, self._has(service, f"news:{topic}", 0))
            return await replay(topic, *more)

        @asynccontextmanager
        async def checked_subscribe(service: str) -> Any:
            async with subscribe() as subscription:
                follow = subscription.follow

                async def checked_follow(*named: str) -> None:
                    for topic in named:
                        self._note(service, "follow", topic, self._has(service, f"news:0:{topic}", 2))
                    await follow(*named)

                subscription.follow = checked_follow
                yield subscription

        for name, checked in (("publish", checked_publish), ("replay", checked_replay)):
            setattr(topics, name, self._if_ours(getattr(topics, name), checked))
        topics.subscribe = self._if_ours(subscribe, checked_subscribe)

    def _watch_call(self, store: Any, name: str) -> None:
        plain = getattr(store, name)

        def checked(service: str, *arguments: Any, **more: Any) -> Any:
            for key in _keys_of(name, arguments, more):
                self._note(service, name, key, self._has(service, key, 0) if name in READING else self._has(service, key, 0) and self._has(service, key, 1))
            return plain(*arguments, **more)

        setattr(store, name, self._if_ours(plain, checked))

    def _if_ours(self, plain: Callable[..., Any], checked: Callable[..., Any]) -> Callable[..., Any]:
        def chosen(*arguments: Any, **more: Any) -> Any:
            caller = sys._getframe(1).f_code.co_filename
            if not caller.startswith(SERVICES):
                return plain(*arguments, **more)
            return checked(caller[len(SERVICES) :].partition("/")[0], *arguments, **more)

        return chosen

    def _has(self, service: str, name: str, kind: int) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self._patterns.get(service, ((), (), ()))[kind])

    def _note(self, service: str, call: str, name: str, is_allowed: bool) -> None:
        missing = set(COMMANDS[call]) - self._commands.get(service, set())
        if missing or not is_allowed:
            self.found.append(f"{service} may not {call} {name}: compose/redis/users.acl does not say so{''.join(f' +{one}' for one in sorted(missing))}")


def _keys_of(name: str, arguments: tuple[Any, ...], more: dict[str, Any]) -> Iterator[str]:
    if name == "forget_family":
        yield f"family:{arguments[0]}"
        return
    if name == "compute" and more.get("family"):
        yield f"family:{more['family']}"
    if name == "fetch_and_allow":
        yield arguments[0]
    first = arguments[1] if name == "fetch_and_allow" else arguments[0]
    keys = arguments if name == "forget" else [first] if isinstance(first, str) else list(first)
    yield from keys
    if name in LOCKED:
        yield from (f"lock:{key}" for key in keys)


@pytest.fixture(scope="session", autouse=True)
def witness() -> Iterator[Witness]:
    """Watches every backbone that this run opens."""
    from mesh import backbone as module  # most of the quick rooms need none

    seen, made = Witness(users()), module.Backbone.__init__

    def watched(self: Any, *arguments: Any, **named: Any) -> None:
        made(self, *arguments, **named)
        seen.watch(self.state, self.cache, self.topics)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.Backbone, "__init__", watched)
        yield seen


@pytest.fixture(autouse=True)
def rights_are_kept(witness: Witness) -> Iterator[None]:
    """Fails the test in which a service did with Redis what its user may not."""
    yield
    found, witness.found = witness.found, []
    assert found == [], "the file and the code are apart"
