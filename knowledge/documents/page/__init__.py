"""From lines on a page to paragraphs: columns, running heads, lines joined."""
