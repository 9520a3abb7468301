"""The journey of an event, each step where its name says.

1. arrive: API Gateway invokes ``functions/ingest/app.py``; the route names the door.
2. authenticate: ``sources.authentication`` over the exact raw bytes, before anything is parsed.
3. map: the ``sources`` module of the system turns its payload into arrivals (``event.Arrival``).
4. match keys: ``match_keys.to_match_keys`` normalises and hashes; ``rules.problems`` applies Meta's rules.
5. decide: ``consent.decide`` answers allow or deny (``judge.judge`` does 4 and 5); where the signals decide nothing,
   ``undecided.ask`` looks into the consent ledger. Nothing leaves memory before an allow.
6. queue: ``envelope.pack`` makes the SQS messages; only when they are stored is the sender answered 2xx.
7. deliver: ``functions/sender/app.py`` takes a batch; ``deliver.deliver`` claims, ``dispatch`` asks the ledger again
   and sends, and what became of it is settled. What a halted dataset cannot send waits in the hold queue.
8. tend: ``functions/steward/app.py``, each minute; ``tend.tend`` tries halted datasets and brings back what is held,
   ``checkup.check_datasets`` looks at each dataset once an hour.

``accept.py`` tells steps 2 to 6, ``deliver.py`` step 7 and ``tend.py`` step 8, each readable top to bottom;
``collect.py`` is the browser's door, ``record.py`` tells how a person's decision reaches the ledger.
This module exports nothing.
"""
