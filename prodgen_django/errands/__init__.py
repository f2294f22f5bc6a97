"""Errands: small work for the queue ``prodgen-quick`` that must not be lost, and whose truth stands in rows.

The smaller versions of an approved picture, and a decision about more pictures than a web request has time
for. As with jobs a message is only a wake-up; which errands are open is read from the table, so what a lost
message was about is found by the sweeper.
"""
