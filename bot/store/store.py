"""The store of a server: conversations and feedback in one database."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from sqlalchemy.engine import URL

from bot.answer import CheckedAnswer
from bot.settings import Settings
from bot.store.conversations import Conversations
from bot.store.database import Database, read_url
from bot.store.feedback import FeedbackBook

DATABASE_FILE = "hugang.sqlite3"
LOCAL = "local"
"""The tenant of an installation that has one."""


class Store:
    """What is kept for one tenant; opened on first use, safe to use from many threads."""

    def __init__(self, url: URL, tenant: str = LOCAL) -> None:
        """Take the address of the database; `of` takes it from the settings."""
        self._database = Database(url)
        self.conversations = Conversations(self._database, tenant)
        self.feedback = FeedbackBook(self._database, tenant)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the store that the settings name.

        Raises:
            StoreError: `database_url` is no address of a database.
        """
        given = settings.database_url
        if given is not None:
            return cls(read_url(given.get_secret_value()))
        return cls(URL.create("sqlite", database=str(settings.home / DATABASE_FILE)))

    def answer(self, answer_id: str) -> CheckedAnswer | None:
        """Return a kept answer by its id; None where none is kept, or no longer."""
        return self.conversations.answer(answer_id)

    def check(self) -> None:
        """Open the database and look into nothing.

        Raises:
            StoreError: it cannot be used.
        """
        self._database.check()

    def start(self) -> None:
        """Make the store ready for a server that starts.

        What a process that is gone was answering is marked as broken off; what was deleted long
        enough ago is removed. One server at a time answers on a database.

        Raises:
            StoreError: the database cannot be used.
        """
        self.conversations.interrupt_left()
        self.conversations.purge()

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
