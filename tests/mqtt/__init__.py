"""The way out to MQTT, against real brokers that are really killed."""
