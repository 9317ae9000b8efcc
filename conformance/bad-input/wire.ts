// What is no good HTTP, or good HTTP that no client of a registry sends.
import { ask, get, head, type Place, type Row, type Sent } from './row.ts'

function raw(title: string, text: string, wanted: Row[2], more: Partial<Sent> = {}): Row {
  return [title, () => ({ pieces: [text], count: 1, ...more }), wanted]
}

const broken: Row[2] = [400, 'request_invalid']

function headersOf(
  title: string,
  headers: Record<string, string>,
  status: number,
  code?: string,
): Row {
  return [title, ({ hosted }) => get(`/${hosted}`, headers), [status, code]]
}

function tarball(
  title: string,
  headers: Record<string, string>,
  status: number,
  code?: string,
): Row {
  return [title, ({ hosted }) => get(`/${hosted}/-/${hosted}-1.0.0.tgz`, headers), [status, code]]
}

/** An upload that asks before it sends. */
function expecting(place: Place, expect: string, token = place.token): Sent {
  const headers = {
    host: 'localhost',
    authorization: `Bearer ${token}`,
    'content-length': '2',
    expect,
  }
  return { pieces: [head({ method: 'PUT', path: '/odd', headers })], later: '[]', count: 1 }
}

const smuggled = 'GET /-/whoami HTTP/1.1\r\nhost: localhost\r\n\r\n'

export const wireRows: readonly Row[] = [
  raw('what is no HTTP', 'hello\r\n\r\n', broken),
  raw('a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', broken),
  raw('a version that does not exist', 'GET / HTTP/9.9\r\nhost: x\r\n\r\n', broken),
  raw(
    'a request for a tunnel',
    'CONNECT elsewhere.example:443 HTTP/1.1\r\nhost: elsewhere.example\r\n\r\n',
    'cut',
  ),
  raw('a method in lower case', 'get / HTTP/1.1\r\nhost: x\r\n\r\n', broken),
  raw('a header without a colon', 'GET / HTTP/1.1\r\nhost: x\r\nnonsense\r\n\r\n', broken),
  raw('a space before the colon', 'GET / HTTP/1.1\r\nhost : x\r\n\r\n', broken),
  raw('a header with NUL', 'GET / HTTP/1.1\r\nhost: x\r\na: \0\r\n\r\n', broken),
  raw('a header that is folded', 'GET / HTTP/1.1\r\nhost: x\r\na: b\r\n c\r\n\r\n', broken),
  raw('a bare line feed', 'GET / HTTP/1.1\r\nhost: x\nb: c\r\n\r\n', broken),
  raw('headers over 16 KiB', `GET / HTTP/1.1\r\nhost: x\r\na: ${'b'.repeat(20_000)}\r\n\r\n`, [
    431,
    'request_invalid',
  ]),
  raw(
    'a host that would break out of an address',
    'GET /hosted HTTP/1.1\r\nhost: x/../@evil\r\n\r\n',
    [421, 'host_unknown'],
  ),
  raw('no host', 'GET /hosted HTTP/1.1\r\n\r\n', [400, 'request_invalid']),
  raw('two hosts', 'GET /hosted HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n\r\n', [
    421,
    'host_unknown',
  ]),
  raw(
    'two lengths',
    'PUT /odd HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx',
    broken,
  ),
  raw(
    'a list of lengths',
    'PUT /odd HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1, 1\r\n\r\nx',
    broken,
  ),
  raw(
    'a length below zero',
    'PUT /odd HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n',
    broken,
  ),
  raw(
    'a length with a sign',
    'PUT /odd HTTP/1.1\r\nhost: localhost\r\ncontent-length: +1\r\n\r\nx',
    broken,
  ),
  raw(
    'a length in hex',
    'PUT /odd HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0x1\r\n\r\nx',
    broken,
  ),
  raw(
    'a length beyond all numbers',
    `PUT /odd HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${'9'.repeat(30)}\r\n\r\n`,
    broken,
  ),
  raw(
    'a length and chunks',
    `PUT /odd HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    broken,
    { isEnded: true },
  ),
  raw(
    'chunks and a length',
    `PUT /odd HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n${smuggled}`,
    broken,
    { isEnded: true },
  ),
  raw(
    'chunks that are not the last coding',
    'PUT /odd HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n',
    broken,
  ),
  raw(
    'chunks under another name',
    'PUT /odd HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n',
    broken,
  ),
  raw(
    'chunks twice',
    'PUT /odd HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n',
    broken,
  ),
  ...['zz', '-1', '0x5', 'fffffffffffffffff', '5 ', ''].map(
    (size): Row => [
      `a chunk of ${JSON.stringify(size)} bytes`,
      ({ token }) => ({
        pieces: [
          head({
            method: 'PUT',
            path: '/odd',
            headers: {
              host: 'localhost',
              authorization: `Bearer ${token}`,
              'transfer-encoding': 'chunked',
            },
          }),
          `${size}\r\nhello\r\n0\r\n\r\n`,
        ],
        count: 1,
      }),
      broken,
    ],
  ),
  [
    'an upload that asks first',
    (place) => expecting(place, '100-continue'),
    [400, 'request_invalid'],
  ],
  [
    'an upload of a stranger that asks first',
    (place) => expecting(place, '100-continue', 'no-token'),
    [401, 'unauthenticated'],
  ],
  [
    'an expectation that nobody can meet',
    (place) => expecting(place, 'a-miracle'),
    [400, 'request_invalid'],
  ],
  raw(
    'a request for another protocol',
    'GET /hosted HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    [200],
  ),
  raw(
    'a request for HTTP/2',
    'GET /hosted HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n',
    [200],
  ),
  raw('HTTP/2 without asking', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', broken),

  headersOf('an Accept of 8 KB', { accept: 'a/b;q=0.1,'.repeat(800) }, 200),
  headersOf('an Accept of nonsense', { accept: ';;;,,,*/;q=x' }, 200),
  headersOf(
    'an Accept-Encoding of nonsense',
    { 'accept-encoding': 'gzip;q=,;;, identity;q=0, *;q=0' },
    200,
  ),
  headersOf('an Accept-Encoding of 8 KB', { 'accept-encoding': 'br,'.repeat(2500) }, 200),
  headersOf('2,000 ETags', { 'if-none-match': '"a",'.repeat(2000) }, 200),
  headersOf('an ETag without an end', { 'if-none-match': '"a' }, 200),
  headersOf('a date that is none', { 'if-modified-since': 'yesterday' }, 200),
  headersOf(
    'a date beyond all dates',
    { 'if-modified-since': 'Fri, 31 Dec 99999 23:59:59 GMT' },
    304,
  ),
  tarball('a range behind the end', { range: 'bytes=99999999-' }, 416, 'range_unsatisfiable'),
  tarball('a range that ends before it starts', { range: 'bytes=5-1' }, 200),
  tarball('1,000 ranges', { range: `bytes=${'0-0,'.repeat(1000)}1-1` }, 200),
  tarball('a range of nonsense', { range: 'bytes=--' }, 200),
  tarball('a range of another unit', { range: 'lines=1-2' }, 200),
  tarball('a range below zero', { range: 'bytes=-0' }, 416, 'range_unsatisfiable'),
  headersOf('credentials that are none', { authorization: 'Bearer' }, 200),
  headersOf('credentials of 8 KB', { authorization: `Basic ${'A'.repeat(8000)}` }, 200),
  headersOf(
    'a proxy that nobody trusts',
    {
      'x-forwarded-for': '1.2.3.4',
      'x-forwarded-host': 'evil.example',
      forwarded: 'for=_x;host=evil',
    },
    200,
  ),
  [
    'HEAD with a body',
    ({ hosted }) => ({
      pieces: ask({ method: 'HEAD', path: `/${hosted}` }, 'a body'),
      count: 1,
      isHead: true,
    }),
    [200],
  ],
  [
    'GET with a body',
    ({ hosted }) => ({ pieces: ask({ method: 'GET', path: `/${hosted}` }, 'a body'), count: 1 }),
    [200],
  ],
]
