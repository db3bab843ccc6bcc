"""The alarm system, pure: rules as data, readings and time go in, transitions come out.

`rules` are the rows of `config/alarms.toml`; `conditions` say when a rule's condition holds; `hazard`
turns the tiers of one hazard into IHE ACM events; `engine` is the one door: `step(state, input, now)`.
"""
