"""Documents that are searched beside the cards: a firm's own papers, and the official texts.

A file goes through `reading` (with `page`), `splitting` and `particulars` into `keeping`;
`library.py` leads it there, and `search.py` finds it again.
"""
