import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseForm } from '../src/jsregistry/form.ts'
import { maxFormParts } from '../src/limits.ts'

/** What Node's own FormData sends. */
async function sent(fields: readonly (readonly [string, string | File])[]): Promise<{
  readonly body: Uint8Array
  readonly type: string
}> {
  const form = new FormData()
  for (const [name, value] of fields) form.append(name, value)
  const response = new Response(form)
  return { body: await response.bytes(), type: response.headers.get('content-type') ?? '' }
}

function shown(body: Uint8Array, type: string): readonly object[] {
  return parseForm(body, type).map(({ content, ...part }) => ({
    ...part,
    content: Buffer.from(content).toString(),
  }))
}

/** A part as curl writes it. */
function part(head: string, content = 'x'): string {
  return `--cut\r\n${head}\r\n\r\n${content}\r\n`
}

const type = 'multipart/form-data; boundary=cut'
const field = 'Content-Disposition: form-data; name="file"'

suite('parseForm()', () => {
  test('gives the fields that FormData sends, as views of the body', async () => {
    const bytes = Uint8Array.of(13, 10, 45, 45, 0, 255, 13, 10)
    const file = new File([bytes], 'größe "1".zip')
    const { body, type: told } = await sent([
      ['text', 'ä'],
      ['file', file],
      ['empty', ''],
    ])
    const [text, found, empty] = parseForm(body, told)
    assert.deepEqual([text?.name, text?.file, empty?.content.length], ['text', undefined, 0])
    assert.deepEqual([found?.name, found?.file], ['file', 'größe "1".zip'])
    assert.deepEqual(Buffer.from(found?.content ?? []), Buffer.from(bytes))
    assert.equal(found?.content.buffer, body.buffer)
  })

  const sound: readonly (readonly [string, string, string, object])[] = [
    [
      'of curl',
      `${part(`${field}; filename="a.zip"\r\nContent-Type: application/zip`)}--cut--\r\n`,
      type,
      { name: 'file', file: 'a.zip' },
    ],
    [
      'with escaped quotes',
      `${part(`${field}; filename="a\\"b.zip"`)}--cut--`,
      type,
      { name: 'file', file: 'a"b.zip' },
    ],
    [
      'with a name beyond ASCII that is encoded',
      `${part(`${field}; filename*=utf-8''gr%C3%B6%C3%9Fe.zip`)}--cut--`,
      type,
      { name: 'file', file: 'größe.zip' },
    ],
    [
      'without quotes',
      `${part('content-disposition: form-data; name=file; filename=a.zip')}--cut--`,
      type,
      { name: 'file', file: 'a.zip' },
    ],
    [
      'whose boundary has quotes',
      `${part(field)}--cut--`,
      'multipart/form-data; charset=utf-8; boundary="cut"',
      { name: 'file', file: undefined },
    ],
    [
      'with a blank behind its boundary',
      part(field).replace('--cut', '--cut ').concat('--cut--'),
      type,
      { name: 'file', file: undefined },
    ],
    [
      'with something behind its end',
      `${part(field)}--cut--\r\nmore`,
      type,
      { name: 'file', file: undefined },
    ],
  ]
  for (const [what, body, told, wanted] of sound) {
    test(`reads a form ${what}`, () => {
      assert.deepEqual(shown(Buffer.from(body), told), [{ ...wanted, content: 'x' }])
    })
  }

  const broken: readonly (readonly [string, string, string, RegExp])[] = [
    ['nothing', '', type, /begin or end/],
    ['no boundary', part(field), 'multipart/form-data', /names no boundary/],
    [
      'another boundary',
      `${part(field)}--cut--`,
      'multipart/form-data; boundary=x',
      /begin or end/,
    ],
    ['no end', part(field), type, /begin or end/],
    ['half a part', `--cut\r\n${field}\r\n\r\nx`, type, /begin or end/],
    ['no headers', '--cut\r\nx\r\n--cut--', type, /no sound headers/],
    ['headers that do not end', `--cut\r\n${'a: b\r\n'.repeat(2000)}`, type, /no sound headers/],
    ['a boundary that goes on', `${part(field)}--cutter\r\n`, type, /no sound headers/],
    ['a field without a name', `${part('Content-Type: text/plain')}--cut--`, type, /no name/],
    [
      'another disposition',
      `${part('Content-Disposition: attachment; name="file"')}--cut--`,
      type,
      /no name/,
    ],
    [
      'too many fields',
      `${part(field).repeat(maxFormParts + 1)}--cut--`,
      type,
      /more than 16 fields/,
    ],
  ]
  for (const [what, body, told, message] of broken) {
    test(`refuses a form with ${what}`, () => {
      assert.throws(() => parseForm(Buffer.from(body), told), { code: 'request_invalid', message })
    })
  }

  test('refuses whatever is cut off anywhere', async () => {
    const { body, type: told } = await sent([['file', new File(['an archive'], 'a.zip')]])
    const end = Buffer.from(body).lastIndexOf('--') + 2
    for (let length = 0; length < end; length++) {
      assert.throws(() => parseForm(body.subarray(0, length), told), { code: 'request_invalid' })
    }
  })
})
