// Names and addresses that lead nowhere, or would lead elsewhere: nothing but the catalogue of errors comes back.
import { makeUpload } from '../registry-client.ts'
import { ask, get, type Place, put, type Row, type Sent } from './row.ts'

const version = '1.0.0'

/** A good document, put at an address that is written as it is. */
function putAt(place: Place, path: string, name: string): Sent {
  return put(place, path, makeUpload({ name, version }).document)
}

function named(name: string, code = 'name_invalid', status = 400): Row {
  return [
    `PUT of a package called ${JSON.stringify(name).slice(0, 40)}`,
    (place) => putAt(place, `/${encodeURIComponent(name)}`, name),
    [status, code],
  ]
}

function at(path: string, status: number, code: string | undefined): Row {
  return [`GET ${path.slice(0, 60)}`, () => get(path), [status, code]]
}

function sends(method: string, path: string, status: number, code: string, body = ''): Row {
  return [
    `${method} ${path.slice(0, 60)} ${body.slice(0, 30)}`,
    ({ token }) => ({
      pieces: ask(
        {
          method,
          path,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        },
        body,
      ),
      count: 1,
    }),
    [status, code],
  ]
}

export const nameRows: readonly Row[] = [
  named('..'),
  named('.'),
  named('../evil'),
  named('a/../b'),
  named('a/b'),
  named('a\\b'),
  named('__proto__'),
  named('_under'),
  named('.hidden'),
  named('node_modules'),
  named('favicon.ico'),
  named(' a'),
  named('a b'),
  named('Upper'),
  named('a'.repeat(215)),
  named('a'.repeat(300)),
  named('päckage'),
  named('pаckage'), // A Cyrillic letter.
  named('a\u202eb'),
  named('a\ud83d\ude00'),
  named('@scope'),
  named('@/name'),
  named('@scope/'),
  named('@scope/../evil'),
  named('@../evil'),
  named('@scope/a/b'),
  named('a?b'),
  named('a#b'),
  named('a%b'),
  named('http'),
  named('a\nb'),
  ['PUT of a name with NUL', (place) => putAt(place, '/a%00b', 'a\0b'), [400, 'request_invalid']],
  [
    'PUT of a name in broken UTF-8',
    (place) => putAt(place, '/a%ff', 'a'),
    [400, 'request_invalid'],
  ],
  [
    'PUT of a name encoded twice',
    (place) => putAt(place, '/a%252f..%252fb', 'a/../b'),
    [400, 'name_invalid'],
  ],
  [
    'PUT of a name of 5,000 characters',
    (place) => putAt(place, `/${'a'.repeat(5000)}`, 'a'),
    [404, 'route_not_found'],
  ],
]

export const addressRows: readonly Row[] = [
  at('/%00', 400, 'request_invalid'),
  at('/a%00b/-/a-1.0.0.tgz', 400, 'request_invalid'),
  at('/..', 400, 'name_invalid'),
  at('/../../../etc/passwd', 404, 'route_not_found'),
  at('/%2e%2e%2f%2e%2e%2fetc%2fpasswd', 400, 'name_invalid'),
  at('/..%5c..%5cwindows', 400, 'name_invalid'),
  at('//etc/passwd', 404, 'route_not_found'),
  at('/hosted/-/..%2f..%2fstele.db', 404, 'version_not_found'),
  at('/hosted/-/%2e%2e', 404, 'version_not_found'),
  at('/hosted/-/hosted-1.0.0.tgz%00', 400, 'request_invalid'),
  at('/hosted/-/hosted-1.0.0.tgz/../../x', 404, 'route_not_found'),
  at('/hosted/__proto__', 404, 'version_not_found'),
  at('/hosted/constructor', 404, 'version_not_found'),
  at('/__proto__', 400, 'name_invalid'),
  at('/constructor', 404, 'package_not_found'),
  at('/hasownproperty', 404, 'package_not_found'),
  at('/-/package/__proto__/dist-tags', 400, 'name_invalid'),
  at('/-/user/org.couchdb.user:__proto__', 404, 'account_not_found'),
  at('/-/log/tile/../../keys/log', 404, 'not_found'),
  at('/-/log/tile/..%2f..%2fkeys', 404, 'not_found'),
  at('/-/log/tile/0/x999/999999999999999999', 404, 'not_found'),
  at('/-/log/blob/..%2f..%2fstele.db', 404, 'not_found'),
  at('/-/log/body/-1', 404, 'not_found'),
  at('/%', 400, 'request_invalid'),
  at('/%ff', 400, 'request_invalid'),
  at(`/${'a/'.repeat(3000)}`, 404, 'route_not_found'),
  at(`/${'a'.repeat(8000)}`, 404, 'route_not_found'),
  at(`/hosted?${'a=b&'.repeat(3000)}`, 200, undefined),
  at(`/${'a'.repeat(20_000)}`, 431, 'request_invalid'),
  at('/-/v1/search?text=%00', 200, undefined),
  at(`/-/v1/search?text=${'%F0%9F%92%A9'.repeat(900)}`, 200, undefined),
  at('/-/v1/search?text=%22%27%3B--*)(OR&size=-1&from=1e99', 200, undefined),
  at('/-/v1/search?text=__proto__&size=99999999999&from=NaN', 200, undefined),
  at('/-/v1/search?text=%ff', 200, undefined),
  at('/-/_view/starredByUser?key=%22__proto__%22', 200, undefined),
  sends('POST', '/-/stele/proof', 400, 'json_invalid', '{'),
  sends('POST', '/-/stele/proof', 400, 'json_invalid', `[${'[],'.repeat(30_000)}0]`),
  sends('PUT', '/-/package/hosted/dist-tags/__proto__', 400, 'json_invalid', '1.0.0'),
  sends('PUT', '/-/package/hosted/dist-tags/a%2fb', 400, 'tag_invalid', '"1.0.0"'),
  sends('PUT', '/-/package/hosted/dist-tags/good', 400, 'version_invalid', '"__proto__"'),
  sends(
    'PUT',
    '/-/user/org.couchdb.user:__proto__',
    422,
    'account_invalid',
    '{"name":"__proto__","password":"correct horse"}',
  ),
  sends('PUT', '/-/user/org.couchdb.user:a%00', 400, 'request_invalid', '{}'),
  sends(
    'PUT',
    '/-/user/org.couchdb.user:..%2f',
    422,
    'account_invalid',
    '{"name":"../","password":"correct horse"}',
  ),
  sends(
    'PUT',
    '/hosted/-rev/__proto__',
    409,
    'revision_stale',
    '{"_id":"hosted","name":"hosted","versions":{}}',
  ),
  sends('DELETE', '/hosted/-rev/..', 409, 'revision_stale'),
  sends('DELETE', '/hosted/-/..%2fx.tgz/-rev/1', 404, 'version_not_found'),
  sends('POST', '/-/npm/v1/tokens', 400, 'json_invalid', '{"password":1,"password":2}'),
  sends('PATCH', '/hosted', 405, 'method_not_allowed'),
  sends('OPTIONS', '/hosted', 404, 'route_not_found'),
  sends('TRACE', '/hosted', 405, 'method_not_allowed'),
  sends('PROPFIND', '/hosted', 405, 'method_not_allowed'),
]
