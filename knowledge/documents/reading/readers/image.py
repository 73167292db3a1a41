"""Pictures of pages: photographs and scans, read by text recognition."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from knowledge.documents.page.layout import Line, lines_in_order
from knowledge.documents.page.paragraphs import PageSize, blocks_of, body_of
from knowledge.documents.reading.faults import listed, remark, unreadable
from knowledge.documents.reading.readers import ocr
from knowledge.documents.reading.reading import Reading
from knowledge.documents.reading.source import Source

_LONGEST_SIDE = 4_000  # pixels, of what is kept: the widest picture for a viewer
_FORMATS = ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP")
_FAULTS = (
    UnidentifiedImageError,
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    Image.DecompressionBombError,
)


def read(source: Source) -> Reading:
    """Recognise the text of a picture, or of every page of a TIFF.

    Raises:
        UnreadableFile: too large, damaged, without text, or recognition is not installed.
    """
    if not ocr.is_installed():
        raise unreadable("no-text-layer")
    opened = _opened(source)
    count = _pages(opened)
    if count > source.limits.ocr_pages:
        raise unreadable("too-many-scans", seen=count, limit=source.limits.ocr_pages)
    lines: list[list[Line]] = []
    sizes: list[PageSize] = []
    for number in range(1, count + 1):
        image = _frame(opened, number, source)
        sizes.append(PageSize(image.width, image.height))
        lines.append(lines_in_order(ocr.recognise(image), number))
        source.report(number, count)
    blocks = blocks_of([line for page in lines for line in page], body_of(lines), sizes)
    return Reading(
        format="image",
        blocks=tuple(blocks),
        pages=count,
        remarks=(remark("recognised", pages=listed(list(range(1, count + 1)))),),
    )


def picture(source: Source, page: int, width_px: int) -> bytes:
    """Return a page of the picture as PNG, `width_px` wide.

    Raises:
        UnreadableFile: there is no such page, or it is damaged.
    """
    opened = _opened(source)
    count = _pages(opened)
    if not 1 <= page <= count:
        raise unreadable("no-such-page", seen=page, limit=count)
    image = _frame(opened, page, source)
    height = max(1, round(image.height * width_px / image.width))
    if width_px * height > source.limits.pixels:
        raise unreadable(
            "too-many-pixels",
            seen=width_px * height // 1_000_000,
            limit=source.limits.pixels // 1_000_000,
        )
    buffer = io.BytesIO()
    image.resize((width_px, height)).save(buffer, "PNG")
    return buffer.getvalue()


def _opened(source: Source) -> Image.Image:
    source.file.seek(0)
    Image.MAX_IMAGE_PIXELS = source.limits.pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        return Image.open(source.file, formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise unreadable(
            "too-many-pixels",
            seen=f"> {source.limits.pixels // 1_000_000}",
            limit=source.limits.pixels // 1_000_000,
        ) from None
    except _FAULTS:
        raise unreadable("damaged", seen="image") from None


def _pages(opened: Image.Image) -> int:
    # The frames of an animation are one picture; the pages of a TIFF are many.
    return getattr(opened, "n_frames", 1) if opened.format == "TIFF" else 1


def _frame(opened: Image.Image, number: int, source: Source) -> Image.Image:
    try:
        opened.seek(number - 1)
        if opened.width * opened.height > source.limits.pixels:
            raise unreadable(
                "too-many-pixels",
                seen=opened.width * opened.height // 1_000_000,
                limit=source.limits.pixels // 1_000_000,
            )
        opened.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))  # a JPEG unpacks no larger than needed
        image = opened.copy()
        image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        image = ImageOps.exif_transpose(image)
        if image.mode in {"RGBA", "LA", "PA", "P"}:
            image = image.convert("RGBA")
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image)
        return image.convert("RGB")
    except _FAULTS:
        raise unreadable("damaged", seen="image") from None
