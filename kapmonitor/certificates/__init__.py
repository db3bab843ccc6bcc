"""Certificates of a site: who signs them, where they lie, and whether one will do."""
