"""Messages go out: cards, renderer, MIME, transports."""
