"""The way out to MQTT: everything the service says, on one broker, alarms before all else.

`publisher` is what the app starts; `client` is the only module of the project that knows aiomqtt; `embedded`
brings a broker along for the demo. MQTT 3.1.1 throughout.
"""
