"""What waits: alarms first and never dropped, of retained documents the newest, the rest within bounds."""

from __future__ import annotations

from collections.abc import Iterator

from kapmonitor.mqtt.outbox import Entry, Outbox


def entry(topic: str, payload: str = "x", *, retain: bool = False) -> Entry:
    return Entry(topic, payload.encode(), retain, put_at=0.0)


def drained(outbox: Outbox) -> Iterator[tuple[str, str]]:
    while (each := outbox.pending()) is not None:
        outbox.done(each)
        yield each.topic, each.payload.decode()


def test_pages_go_first_then_alarms_and_the_status_then_what_was_put_earlier() -> None:
    outbox = Outbox()
    for topic in ("session/s/nibp", "alarm/a/event", "device/d/info", "service/status", "pager/p/page"):
        outbox.put(entry(topic))
    assert [topic for topic, _ in drained(outbox)] == [
        "pager/p/page",
        "alarm/a/event",
        "service/status",
        "session/s/nibp",
        "device/d/info",
    ]


def test_events_keep_their_order_and_none_is_lost() -> None:
    outbox = Outbox(limit=1)
    for number in range(5000):
        assert outbox.put(entry("alarm/a/event", str(number)))
    assert [payload for _, payload in drained(outbox)] == [str(number) for number in range(5000)]


def test_of_a_retained_topic_only_the_newest_waits_in_the_place_of_the_first() -> None:
    outbox = Outbox()
    for topic, payload in (("alarm/a", "1"), ("alarm/b", "1"), ("alarm/a", "2"), ("alarm/a", "3")):
        outbox.put(entry(topic, payload, retain=True))
    assert len(outbox) == 2
    assert list(drained(outbox)) == [("alarm/a", "3"), ("alarm/b", "1")]


def test_a_newer_version_that_came_while_one_was_sent_still_goes_out() -> None:
    outbox = Outbox()
    first, second = entry("alarm/a", "1", retain=True), entry("alarm/a", "2", retain=True)
    outbox.put(first)
    assert outbox.pending() is first
    outbox.put(second)
    outbox.done(first)
    assert outbox.pending() is second


def test_a_page_that_is_sent_again_while_it_waits_or_is_on_its_way_waits_once() -> None:
    outbox = Outbox()
    first = entry("pager/p/page", "1")
    for each in (first, entry("pager/p/page", "2"), entry("pager/p/page", "1"), entry("pager/q/page", "1")):
        outbox.put(each)
    assert outbox.pending() is first
    outbox.put(entry("pager/p/page", "1"))
    outbox.done(first)
    assert list(drained(outbox)) == [("pager/p/page", "2"), ("pager/q/page", "1")]
    outbox.put(first)
    assert outbox.pending() is first, "asked for again after it went out"


def test_readings_are_bounded_and_the_oldest_goes_first() -> None:
    outbox = Outbox(limit=3)
    taken = [outbox.put(entry("session/s/nibp", str(number))) for number in range(5)]
    assert taken == [True, True, True, False, False]
    assert [payload for _, payload in drained(outbox)] == ["2", "3", "4"]
