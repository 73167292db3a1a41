"""Text recognition in pictures, Chinese and English, by rapidocr: models in its wheel, nothing fetched."""

from __future__ import annotations

import functools
import importlib.util
import os
from typing import Any

from PIL import Image

from knowledge.documents.page.layout import Segment

_LEAST_SCORE = 0.5
_DARK = 170  # of 255: darker is ink, not paper
_LONGEST_SIDE = 2_400  # pixels, A4 at 200 dpi: more costs memory and time, and reads no better
_MARGIN = 60  # pixels


def is_installed() -> bool:
    """Whether the extra `ocr` is there."""
    return all(importlib.util.find_spec(name) for name in ("rapidocr", "onnxruntime"))


def recognise(image: Image.Image) -> list[Segment]:
    """Return the texts of a picture with their boxes in pixels."""
    import numpy as np

    inked = _inked(image)
    if inked is None:
        return []
    # The detector overlooks a single line on an empty page, but not on a strip of it.
    part = image.crop(inked)
    scale = max(1.0, max(part.size) / _LONGEST_SIDE)
    if scale > 1:
        part = part.resize((round(part.width / scale), round(part.height / scale)))
    out = _engine()(np.asarray(part.convert("RGB"))[:, :, ::-1])
    if out.boxes is None or out.txts is None:
        return []
    across, down = inked[:2]
    return [
        Segment(
            text=text,
            left=across + scale * float(min(p[0] for p in box)),
            top=down + scale * float(min(p[1] for p in box)),
            right=across + scale * float(max(p[0] for p in box)),
            bottom=down + scale * float(max(p[1] for p in box)),
        )
        for box, text, score in zip(out.boxes, out.txts, out.scores, strict=True)
        if text.strip() and score >= _LEAST_SCORE
    ]


def _inked(image: Image.Image) -> tuple[int, int, int, int] | None:
    """Return the part of a picture that has anything dark on it, with a margin; None of an empty one."""
    box = image.convert("L").point([255 if value < _DARK else 0 for value in range(256)]).getbbox()
    if box is None:
        return None
    left, top, right, bottom = box
    return (
        max(0, left - _MARGIN), max(0, top - _MARGIN),
        min(image.width, right + _MARGIN), min(image.height, bottom + _MARGIN),
    )  # fmt: skip


@functools.cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.max_side_len": _LONGEST_SIDE,
            "Global.use_cls": False,
            "EngineConfig.onnxruntime.intra_op_num_threads": min(2, os.cpu_count() or 1),
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
