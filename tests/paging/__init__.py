"""The pure core of paging."""
