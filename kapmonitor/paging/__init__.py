"""Who is called, in what order, and when the next one is. Pure: documents in, documents and timers out."""
