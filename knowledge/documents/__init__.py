"""Documents that are searched beside the cards: a firm's own papers, and the official texts."""
