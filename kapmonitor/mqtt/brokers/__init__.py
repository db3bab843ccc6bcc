"""Configurations of brokers, made from a site's own: who may do what is the same on each of them.

`rights` is the table of users and topics, `mosquitto` and `nats` write it down in their own words,
`certificates` makes a local authority. Nothing here talks to a broker.
"""
