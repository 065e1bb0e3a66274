#!/usr/bin/env python3
"""Hands a signal to arbees' signal processor, which judges it as any other. Debian: python3-zmq.

Usage: send_signal.py ENDPOINT TOKEN_FILE < signal.json
ENDPOINT is signal_gate.endpoint ("ipc:///home/me/arbees/gate"), TOKEN_FILE signal_gate.token_file.
The signal is the payload of signals.trade.*. Exit code: 0 accepted, 1 refused, 2 no answer.
What became of it stands on the bus: execution.request.* or execution.rejected.{signal_id}.
"""
import json
import sys

import zmq

endpoint, token_file = sys.argv[1:3]
with open(token_file, "rb") as file:
    token = file.read().strip()

gate = zmq.Context().socket(zmq.REQ)
gate.linger = 0
gate.connect(endpoint)
gate.send_multipart([token, sys.stdin.buffer.read()])
if not gate.poll(3000):
    print("no answer", file=sys.stderr)
    sys.exit(2)
answer = json.loads(gate.recv())
print(json.dumps(answer))
sys.exit(0 if answer["accepted"] else 1)
