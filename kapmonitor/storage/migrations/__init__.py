"""How a record becomes one of the present version, step by step; nothing here changes once released."""
