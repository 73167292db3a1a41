"""The store of a server: what is kept for its tenants, in one database."""

from __future__ import annotations

import datetime as dt
from types import TracebackType
from typing import Self

from sqlalchemy.engine import URL

from bot.answer import CheckedAnswer
from bot.settings import Settings
from bot.store.audit import Audit
from bot.store.conversations import Conversations
from bot.store.database import Database, read_url
from bot.store.evaluations import Evaluations
from bot.store.feedback import FeedbackBook
from bot.store.keys import Keys, SignIns
from bot.store.labels import Labels
from bot.store.requests import KEPT, Requests
from bot.store.tenants import LOCAL, Tenants

DATABASE_FILE = "hugang.sqlite3"


class Store:
    """What is kept for one tenant; opened on first use, safe to use from many threads."""

    def __init__(self, database: Database, tenant: str = LOCAL) -> None:
        """Take a database; `of` takes it from the settings."""
        self._database = database
        self.tenant = tenant
        self.conversations = Conversations(database, tenant)
        self.feedback = FeedbackBook(database, tenant)
        self.audit = Audit(database, tenant)
        self.requests = Requests(database, tenant)
        self.evaluations = Evaluations(database, tenant)
        self.labels = Labels(database, tenant)
        self.tenants = Tenants(database)
        """Of all tenants, as `keys` are."""
        self.keys = Keys(database)
        self.sign_ins = SignIns(database)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the store that the settings name.

        Raises:
            StoreError: `database_url` is no address of a database.
        """
        given = settings.database_url
        if given is not None:
            return cls(Database(read_url(given.get_secret_value())))
        return cls(Database(URL.create("sqlite", database=str(settings.home / DATABASE_FILE))))

    def of_tenant(self, tenant: str) -> Store:
        """Return what is kept for another tenant of the same database."""
        return self if tenant == self.tenant else Store(self._database, tenant)

    def answer(self, answer_id: str) -> CheckedAnswer | None:
        """Return a kept answer by its id; None where none is kept, or no longer."""
        return self.conversations.answer(answer_id)

    def check(self) -> None:
        """Open the database and look into nothing.

        Raises:
            StoreError: it cannot be used.
        """
        self._database.check()

    def probe(self) -> None:
        """Read and write, in a few milliseconds.

        Raises:
            StoreError: the database does not do both.
        """
        self._database.probe()

    @property
    def faults(self) -> int:
        """How often the database could not be used, since the start."""
        return self._database.faults

    def start(self) -> None:
        """Make the store ready for a server that starts.

        Of every tenant, what a process that is gone was answering is marked as broken off; what was
        deleted, or has been kept, for long enough is removed. One server at a time answers on a
        database.

        Raises:
            StoreError: the database cannot be used.
        """
        for tenant in {LOCAL, *(one.id for one in self.tenants.listed())}:
            self.of_tenant(tenant).conversations.interrupt_left()
        self.retire()

    def retire(self) -> int:
        """Remove, of every tenant, what was deleted or kept for long enough; tells how much.

        A tenant's own profile says how long conversations and records of answers are kept.
        """
        removed = 0
        now = dt.datetime.now(dt.UTC)
        for tenant in (self.tenants.get(LOCAL), *self.tenants.listed()):
            kept = self.of_tenant(tenant.id)
            removed += kept.conversations.purge() + kept.requests.prune(now - KEPT)
            if (days := tenant.profile.retention_days) is not None:
                before = now - dt.timedelta(days=days)
                removed += kept.conversations.prune(before) + kept.audit.prune(before)
        return removed

    def close(self) -> None:
        """Close the connections; a later use opens them anew."""
        self._database.close()

    def __enter__(self) -> Self:
        """Return itself; closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()
