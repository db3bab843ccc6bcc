"""The record: durable before anything is called done."""
