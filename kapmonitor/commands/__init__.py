"""One module a verb of the command line; `__main__` puts them together."""
