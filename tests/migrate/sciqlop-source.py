"""Writes a cache, an index and a fanout with the installed SciQLop cache below the folder in argv[1]."""
import os
import sys

import pysciqlop_cache as sciqlop

home = sys.argv[1]
has_typed_keys = sys.argv[2] == 'typed'

cache = sciqlop.Cache(os.path.join(home, 'cache'))
cache.set('text', 'a\r\nb')
cache.set('1', 'text')
cache.set('none', None)
cache.set('list', [1, 2.5, {'a': (1, 2**70)}, b'\0'])
cache.set('file', b'x' * 40_000)
cache.set('hour', 1, expire=3_600)
cache.set('over', 1, expire=-5)
cache.set('tag', 1, tag='blue')
cache.set('object', 1j)
if has_typed_keys:
    for key in [1, 1.0, 1.5, True, b'by', ('t', 1), None, 2**70]:
        cache.set(key, repr(key))

index = sciqlop.Index(os.path.join(home, 'index'))
index.set('a', {'x': 1})
index.set('file', 'z' * 50_000)

fanout = sciqlop.FanoutCache(os.path.join(home, 'fanout'), 8)
for number in range(100):
    fanout.set('k%d' % number, number, tag='g')
if has_typed_keys:
    fanout.set(1, 'int')
    fanout.set(1.0, 'float')

packed = sciqlop.Cache(os.path.join(home, 'packed'), serializer=sciqlop.MsgspecSerializer())
packed.set('dict', {'x': [1, 2.5, None, b'b', 2**63, -5], 's': 'x' * 300})
