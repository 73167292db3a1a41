"""Text recognition in pictures, Chinese and English, by rapidocr: models in its wheel, nothing fetched."""

from __future__ import annotations

import functools
import importlib.util
import os
from typing import Any

from PIL import Image

from knowledge.documents.layout import Segment

_LEAST_SCORE = 0.5


def is_installed() -> bool:
    """Whether the extra `ocr` is there."""
    return all(importlib.util.find_spec(name) for name in ("rapidocr", "onnxruntime"))


def recognise(image: Image.Image) -> list[Segment]:
    """Return the texts of a picture with their boxes in pixels."""
    import numpy as np

    out = _engine()(np.asarray(image.convert("RGB"))[:, :, ::-1])
    if out.boxes is None or out.txts is None:
        return []
    return [
        Segment(
            text=text,
            left=float(min(p[0] for p in box)),
            top=float(min(p[1] for p in box)),
            right=float(max(p[0] for p in box)),
            bottom=float(max(p[1] for p in box)),
        )
        for box, text, score in zip(out.boxes, out.txts, out.scores, strict=True)
        if text.strip() and score >= _LEAST_SCORE
    ]


@functools.cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.max_side_len": 2_400,
            "Global.use_cls": False,
            "EngineConfig.onnxruntime.intra_op_num_threads": min(2, os.cpu_count() or 1),
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
