"""The pair of engines. Whichever has a URL in the environment is somebody else's, and stays off."""

from __future__ import annotations

import os
from collections.abc import Mapping

from embedded.home import Home
from embedded.postgres import Postgres
from embedded.valkey import Valkey


class Engines:
    """Call everything from one thread, with the home's lock held."""

    def __init__(self, home: Home, environment: Mapping[str, str] | None = None) -> None:
        given = os.environ if environment is None else environment
        self._urls = {name: given[name] for name in ("DATABASE_URL", "REDIS_URL") if given.get(name)}
        self.home = home
        self.postgres = Postgres(home)
        self.valkeys = [Valkey(home)]

    def start(self) -> dict[str, str]:
        """``{"DATABASE_URL": …, "REDIS_URL": …}``. Raises ``Failed``; then ``stop`` is still due."""
        if "DATABASE_URL" not in self._urls:
            self._urls["DATABASE_URL"] = self.postgres.start()
        if "REDIS_URL" not in self._urls:
            self._urls["REDIS_URL"] = self.valkeys[0].start()
        return dict(self._urls)

    @property
    def redis_is_given(self) -> bool:
        return self.valkeys[0].process is None

    def another_valkey(self, name: str) -> str:
        """The URL of one more server: the numbered databases of one server would share their channels."""
        valkey = Valkey(self.home, name)
        self.valkeys.append(valkey)
        return valkey.start()

    def first_dead(self) -> str | None:
        """The name of an engine that has ended by itself."""
        processes = {"postgres": self.postgres.process, "valkey": self.valkeys[0].process}
        dead = (name for name, process in processes.items() if process and process.poll() is not None)
        return next(dead, None)

    def describe(self) -> str:
        own = [f"PostgreSQL {self.postgres.version}"] if self.postgres.process else ["your PostgreSQL"]
        own.append("Valkey" if self.valkeys[0].process else "your Redis")
        return " and ".join(own)

    def stop(self) -> None:
        for valkey in self.valkeys:
            valkey.stop()
        self.postgres.stop()
