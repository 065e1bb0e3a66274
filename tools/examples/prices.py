#!/usr/bin/env python3
"""Prints prices: how they stand, then each change. Debian: python3-zmq.

Usage: prices.py [PREFIX [COUNT]]   COUNT live messages, then it ends.
ARBEES_HOST and ARBEES_PORTS ("5555,5556;5563": publishers; snapshots) say where arbees is.
If the bus is encrypted, ARBEES_KEY names a secret key of `arbees keygen`, whose public half stands
among the keys of that host, and ARBEES_SERVER_KEY the public key of the host.

It joins without losing anything: it subscribes first, asks for the last message of each topic,
shows those, and drops what comes live with a number that the answer had passed already.
"""
import json
import os
import sys

import zmq

prefix = sys.argv[1] if len(sys.argv) > 1 else "prices."
count = int(sys.argv[2]) if len(sys.argv) > 2 else None
host = os.environ.get("ARBEES_HOST", "127.0.0.1")
ports, snapshots = os.environ.get("ARBEES_PORTS", "5555,5556;5563").split(";")


def read_key(variable):
    name = os.environ.get(variable)
    return open(name, "rb").read().strip() if name else None


key, server_key = read_key("ARBEES_KEY"), read_key("ARBEES_SERVER_KEY")


def encrypt(socket):
    if key:
        socket.curve_secretkey = key
        socket.curve_publickey = zmq.curve_public(key)
        socket.curve_serverkey = server_key


context = zmq.Context()
bus = context.socket(zmq.SUB)
encrypt(bus)
bus.subscribe(prefix)
for port in ports.split(","):
    bus.connect(f"tcp://{host}:{port}")
bus.poll(300)  # subscriptions travel to the publishers; what comes now waits in the socket

shown = {}  # topic -> (source, run, seq) that the snapshot told


def show(kind, topic, envelope):
    price = envelope["payload"]
    print(kind, topic, envelope["source"], envelope["seq"], price.get("yes_bid"), price.get("yes_ask"), flush=True)


ask = context.socket(zmq.REQ)
ask.linger = 0
encrypt(ask)
ask.connect(f"tcp://{host}:{snapshots}")
after, more = "", True
while more:
    ask.send_json({"prefixes": [prefix], "after": after})
    if not ask.poll(3000):
        sys.exit("no answer: is arbees running?")
    frames = ask.recv_multipart()
    if frames[-2] != b"snapshot.end":
        sys.exit(frames[-1].decode())
    for topic, frame in zip(frames[:-2:2], frames[1:-2:2]):
        after = topic.decode()
        envelope = json.loads(frame)
        shown[after] = (envelope["source"], envelope["run"], envelope["seq"])
        show("snapshot", after, envelope)
    more = json.loads(frames[-1])["more"]

while count is None or count > 0:
    topic, frame = bus.recv_multipart()[:2]
    topic, envelope = topic.decode(), json.loads(frame)
    told = shown.get(topic)
    if told and told[:2] == (envelope["source"], envelope["run"]) and envelope["seq"] <= told[2]:
        continue
    show("live", topic, envelope)
    count = count - 1 if count is not None else None
