"""What a page sends when someone asks or stops: the page of questions, and the chat in a portal."""

from __future__ import annotations

from pydantic import Field

from bot.language import Lang
from bot.question import MAX_TURNS, Filters, Question, Turn, read_question
from bot.store.records import CONVERSATION_ID, OWNER_KEY, TURN_ID, Told
from knowledge.card import Frozen
from ui.access import Caller
from ui.api.catalogue import AsOf
from ui.desk import offered
from ui.papers.scopes import Scopes


class PageRequest(Frozen):
    """A question as the page sends it."""

    text: str
    message: str = Field(pattern=TURN_ID)
    """The page's name for the answer to come."""
    ui: Lang
    """Language of the interface; the answer follows the question."""
    history: tuple[Turn, ...] = Field(default=(), max_length=MAX_TURNS)
    profile: dict[str, bool | float | str] = Field(default_factory=dict, max_length=50)
    as_of: AsOf = None
    filters: Filters = Filters()
    conversation: str | None = Field(default=None, pattern=CONVERSATION_ID)
    """Where question and answer are kept; None keeps nothing."""
    owner: str | None = Field(default=None, pattern=OWNER_KEY, repr=False)
    """The key that the browser keeps."""
    root: str | None = Field(default=None, pattern=TURN_ID)
    """Name of the first answer to this question: its place in the conversation."""
    instead_of: str | None = Field(default=None, pattern=TURN_ID)
    """A place that this question, an edited one, takes over with all that followed."""
    told: tuple[Told, ...] = Field(default=(), max_length=50)
    """What was told besides, as the page shows it."""

    def question(self, caller: Caller) -> Question:
        """Read the question as it is asked on behalf of a caller.

        Raises:
            QuestionError: there is nothing to read, or too much.
        """
        owner = caller.owner_if_told(self.owner)
        return read_question(
            self.text,
            history=self.history,
            as_of=self.as_of,
            profile=self.profile,
            filters=offered(caller.tenant, self.filters),
            scopes=Scopes(caller.tenant.id).seen_by(owner, self.conversation),
        )


class StopRequest(Frozen):
    """The wish to stop an answer."""

    message: str = Field(pattern=TURN_ID)
    owner: str | None = Field(default=None, pattern=OWNER_KEY, repr=False)
