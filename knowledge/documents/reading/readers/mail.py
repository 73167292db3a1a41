"""E-mails: who wrote what when; attachments are named, not read."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

from knowledge.documents.page.blocks import heading, one_line, paragraph
from knowledge.documents.reading.encoding import decode
from knowledge.documents.reading.faults import remark, unreadable
from knowledge.documents.reading.readers.text import paragraphs
from knowledge.documents.reading.readers.web import read_markup
from knowledge.documents.reading.reading import Reading, TextBlock
from knowledge.documents.reading.source import Source

_FIELDS = ("From", "To", "Cc", "Date")
_MOST_PARTS = 1_000


def read(source: Source) -> Reading:
    """Read an .eml file: its subject as heading, sender and date, and its body.

    Raises:
        UnreadableFile: it is no message.
    """
    try:
        message = email.message_from_bytes(source.data(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)  # that is what the policy makes
        subject = one_line(str(message.get("Subject", "")))
        head = [
            f"{name}: {value}"
            for name in _FIELDS
            if (value := one_line(str(message.get(name, ""))))
        ]
        body = _body(message)
        names = [
            one_line(part.get_filename() or part.get_content_type())
            for part, _ in zip(message.iter_attachments(), range(_MOST_PARTS), strict=False)
        ]
    except (ValueError, LookupError, AttributeError, TypeError, IndexError):
        raise unreadable("damaged", seen="e-mail") from None
    return Reading(
        format="email",
        blocks=(*heading(subject, 1), *paragraph("\n".join(head)), *body),
        title=subject or None,
        remarks=(remark("attachments-not-read", names=", ".join(names)),) if names else (),
    )


def _body(message: EmailMessage) -> list[TextBlock]:
    part = message.get_body(("plain", "html"))
    if part is None:
        return []
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return []
    text = decode(content, part.get_content_charset()).text
    if part.get_content_type() == "text/html":
        return read_markup(text, whole_page=False)[0]
    return paragraphs(text)
