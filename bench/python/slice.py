"""Performs slices of operations on a Python cache and answers with their latencies.

Reads one JSON command a line on standard input and writes one JSON answer a line, so that
the Node.js side can take turns with it. Started by bench/python/peer.mjs.
"""

import json
import random
import sys
from importlib.metadata import version
from time import perf_counter_ns


def open_cache(package, directory):
    if package == "diskcache":
        from diskcache import Cache
    else:
        from pysciqlop_cache import Cache
    return Cache(directory)


def calibrate():
    spent = []
    for _ in range(20_000):
        start = perf_counter_ns()
        spent.append(perf_counter_ns() - start)
    spent.sort()
    return spent[len(spent) // 2]


class Slices:
    def __init__(self, package, directory):
        self.cache = open_cache(package, directory)
        self.overhead = calibrate()
        self.random = random.Random(1)
        self.turn = 0
        self.serial = 0

    def fill(self, entries, size):
        self.keys = ["key:%07d" % i for i in range(entries)]
        self.values = [self.random.randbytes(size) for _ in range(16 if size > 4096 else 96)]
        for start in range(0, entries, 1_000):
            with self.cache.transact():
                for i in range(start, min(entries, start + 1_000)):
                    self.cache.set(self.keys[i], self.values[i % len(self.values)])
        self.order = list(self.keys)
        self.random.shuffle(self.order)
        return {}

    def next_key(self):
        self.turn = (self.turn + 1) % len(self.order)
        return self.order[self.turn]

    def get(self, count):
        return self.time(count, self.cache.get, [(self.next_key(),) for _ in range(count)])

    def miss(self, count):
        return self.time(count, self.cache.get, [("absent:" + self.next_key(),) for _ in range(count)])

    def set(self, count):
        calls = [(self.next_key(), self.values[i % len(self.values)]) for i in range(count)]
        return self.time(count, self.cache.set, calls)

    def delete(self, count):
        new = ["new:key:%07d" % (self.serial + i) for i in range(count)]
        self.serial += count
        for key in new:
            self.cache.set(key, self.values[0])
        self.random.shuffle(new)
        return self.time(count, self.cache.delete, [(key,) for key in new])

    def batch(self, count):
        """Sets in transactions of 1,000; a sample is the time of one by its entries."""
        samples = []
        for _ in range(count):
            calls = [(self.next_key(), self.values[i % len(self.values)]) for i in range(1_000)]
            start = perf_counter_ns()
            with self.cache.transact():
                for key, value in calls:
                    self.cache.set(key, value)
            samples.append((perf_counter_ns() - start) / 1_000)
        return self.answer(samples)

    def time(self, count, operation, calls):
        samples = [0] * count
        for i in range(count):
            call = calls[i]
            start = perf_counter_ns()
            operation(*call)
            samples[i] = perf_counter_ns() - start
        return self.answer([max(1, each - self.overhead) for each in samples])

    def answer(self, nanoseconds):
        return {"samples": [each / 1_000 for each in nanoseconds]}


def main():
    package, directory = sys.argv[1:3]
    slices = Slices(package, directory)
    distribution = "diskcache" if package == "diskcache" else "pysciqlop-cache"
    print(json.dumps({"version": version(distribution)}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        operation = getattr(slices, command.pop("op"))
        print(json.dumps(operation(**command)), flush=True)


if __name__ == "__main__":
    main()
