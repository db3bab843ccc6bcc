"""The dashboard: pages and API for staff, fed live from the board.

```
feed = LiveFeed(board, clock, health, site="north-clinic", simulated=False)
access, user, password = Access.generate()
app = create_app(feed, commands, access)
await serve(app, "127.0.0.1:8000", ready=print)     # meanwhile feed.message(...) and feed.wave(...)
```
"""

from kapmonitor.web.access import STAFF, Access, User, hash_password
from kapmonitor.web.application import create_app
from kapmonitor.web.feed import LiveFeed
from kapmonitor.web.screens import Watch
from kapmonitor.web.server import serve

__all__ = ["STAFF", "Access", "LiveFeed", "User", "Watch", "create_app", "hash_password", "serve"]
