"""The dashboard: pages and API for staff, fed live from the board.

```
feed = LiveFeed(board, clock, health, site="north-clinic", simulated=False)
access, user, password = Access.generate()
app = create_app(feed, commands, access)
await serve(app, "127.0.0.1:8000", ready=print)     # meanwhile feed.message(...) and feed.wave(...)
```
"""

from kapmonitor.people import User
from kapmonitor.web.access import STAFF, Access
from kapmonitor.web.application import create_app
from kapmonitor.web.displays import Displays
from kapmonitor.web.feed import LiveFeed
from kapmonitor.web.passwords import hash_password
from kapmonitor.web.screens import Watch
from kapmonitor.web.server import Tls, serve

__all__ = [
    "STAFF",
    "Access",
    "Displays",
    "LiveFeed",
    "Tls",
    "User",
    "Watch",
    "create_app",
    "hash_password",
    "serve",
]
