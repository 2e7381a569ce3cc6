"""Writes the sources that tests/stress/18-import.test.ts imports, with the real diskcache, below the folder in argv[1]."""
import datetime
import decimal
import fractions
import io
import os
import sys
import time
import uuid

import diskcache

home = sys.argv[1]


def path(name):
    return os.path.join(home, name)


def write_cache():
    cache = diskcache.Cache(path('cache'))
    # Keys of every kind.
    for key in ['text', 'a\0b', 'a\0c', 'line\r\n', '', 1, '1', -1, 1.5, 2**53, 2**63 - 1, 2**70, b'bytes', b'', True, None]:
        cache[key] = repr(key)
    for key in [('t', 1), ('t', '1'), ('t', 1.0), (), ('deep', (b'x', None, 2**60)), (frozenset([1]),), float('inf')]:
        cache[key] = repr(key)
    # Values in every storage mode; mode 4 inline and in a file.
    cache['crlf'] = 'a\r\nb\rc\n'
    cache['crlf file'] = 'a\r\nb\rc\n' * 8_000
    cache['bytes'] = bytes(range(256))
    cache['bytes file'] = bytes(range(250)) * 160
    cache['no bytes'] = b''
    cache['no text'] = ''
    cache['pickle'] = {'list': [1, 2.5, 'x', None, True], 'tuple': (1, (2,)), 'bytes': b'\0', 'big': 2**70}
    cache['pickle file'] = ['%05d' % n for n in range(8_000)]
    cache['map'] = {1: 'one', '1': 'text', (1, 2): 'tuple'}
    cache['set'] = {1, 2}
    cache['int'] = 2**53 - 1
    cache['large int'] = 2**62
    cache['larger int'] = 2**100
    cache['float'] = 1e300
    cache['nan'] = float('nan')
    cache['none'] = None
    cache['true'] = True
    cache.set('stream', io.BytesIO(b'stream' * 10_000), read=True)
    # Types of Python.
    cache['datetime'] = datetime.datetime(2024, 2, 29, 12, 30, 15, 250000)
    cache['microseconds'] = datetime.datetime(2024, 2, 29, 12, 30, 15, 250001)
    cache['aware'] = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
    cache['date'] = datetime.date(2024, 2, 29)
    cache['timedelta'] = datetime.timedelta(minutes=1)
    cache['decimal'] = decimal.Decimal('1.10')
    cache['uuid'] = uuid.UUID(int=1)
    cache['complex'] = 1 + 2j
    cache['fraction'] = {'nested': [fractions.Fraction(1, 3)]}
    # Tags of every type, times.
    for name, tag in [('text', 'blue'), ('int', 5), ('float', 1.5), ('whole float', 2.0), ('bytes', b'\x00x'), ('empty', ''), ('none', None)]:
        cache.set('tag ' + name, name, tag=tag)
    cache.set('hour', 1, expire=3_600)
    cache.set('years', 1, expire=3_600 * 24 * 3_650, tag='long')
    cache.push('first')
    cache.push('second', prefix='queue')
    # Last, because each set removes what has expired.
    cache.set('over', 1, expire=0.05)
    time.sleep(0.1)
    # What is in the log only: no close, no checkpoint.
    os._exit(0)


def write_json():
    cache = diskcache.Cache(path('json'), disk=diskcache.JSONDisk)
    cache['text'] = {'a': [1, 1.5, None, True, 'Zürich \r\n'], 'big': 2**70, 'nan': float('inf')}
    cache[1] = 'int'
    cache['1'] = 'text'
    cache[('t', 1)] = [1]
    cache['file'] = ['%05d' % n for n in range(20_000)] + [os.urandom(60_000).hex()]
    cache.set('stream', io.BytesIO(b'stream' * 10_000), read=True)
    cache.set('hour', 1, expire=3_600, tag='tagged')
    cache.close()


def write_fanout():
    fanout = diskcache.FanoutCache(path('fanout'), shards=8)
    for number in range(200):
        fanout.set(number, number * 2, tag='numbers')
        fanout.set(str(number), 'text %d' % number, expire=3_600)
    fanout.set(1.0, 'float')
    fanout.set(('t', 1), 'tuple')
    fanout.set('file', b'x' * 40_000)
    fanout.cache('named')['a'] = 1
    fanout.deque('jobs/night').extend(['b', 'c'])
    fanout.deque('jobs/night').appendleft('a')
    fanout.index('table')['z'] = {'x': 1}
    fanout.index('table')['a'] = 2
    fanout.close()


def write_persistent():
    deque = diskcache.Deque([1, 'two', ('three',)], path('deque'))
    deque.appendleft(0)
    index = diskcache.Index(path('index'))
    index.update([('z', 1), (1, 'int'), ('1', 'text'), (('t', 1), {'a': 1}), ('object', fractions.Fraction(1, 3))])


def write_large():
    cache = diskcache.Cache(path('large'))
    with cache.transact():
        for number in range(20_000):
            cache.set(number, 'value %d' % number, tag='even' if number % 2 == 0 else 'odd')
        for number in range(100):
            cache.set('file %d' % number, bytes([number]) * 40_000)
    cache.close()


{
    'cache': write_cache,
    'json': write_json,
    'fanout': write_fanout,
    'persistent': write_persistent,
    'large': write_large,
}[sys.argv[2]]()
