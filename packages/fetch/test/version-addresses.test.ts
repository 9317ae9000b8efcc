import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import { maxVersionAddresses, maxVersionsBytes } from '../src/limits.ts'
import { withVersions } from '../src/version-addresses.ts'

const url = 'https://one.example/root/p'
const dist = { tarball: 'https://one.example/p-1.0.0.tgz', shasum: 'a'.repeat(40) }
const release = { name: 'p', version: '1.0.0', dist }

/** Expands `versions`, where these addresses answer; all others are 404. */
async function expand(
  versions: JsonObject,
  answers: { readonly [address: string]: unknown } = {},
  root: JsonObject = {},
) {
  const asked: string[] = []
  const packument = { name: 'p', 'dist-tags': { latest: '1.0.0' }, versions, ...root }
  const expanded = await withVersions(packument, {
    name: 'p',
    url,
    get: async (address) => {
      asked.push(address)
      const found = answers[address]
      const text = typeof found === 'string' ? found : JSON.stringify(found)
      const status = found === undefined ? 404 : 200
      return { url: address, status, body: Buffer.from(text ?? '') }
    },
  })
  return { asked, expanded }
}

async function refused(expanding: Promise<unknown>): Promise<string> {
  try {
    await expanding
    return 'nothing'
  } catch (error) {
    assert.ok(isSteleError(error, 'registry_answer'), String(error))
    return error.message
  }
}

suite('withVersions()', () => {
  test('asks for each address, and leaves what is written out as it is', async () => {
    const versions = { '0.9.0': { version: '0.9.0' }, '1.0.0': 'https://one.example/root/p/1.0.0' }
    const address = 'https://one.example/root/p/1.0.0?dist=true'
    const { asked, expanded } = await expand(versions, { [address]: release })
    assert.deepEqual(asked, [address])
    assert.deepEqual(expanded['versions'], { '0.9.0': { version: '0.9.0' }, '1.0.0': release })
  })

  const addresses = [
    ['of the registry itself', 'p/1.0.0', 'https://one.example/root/p/1.0.0?dist=true'],
    ['of another registry', 'http://two.example/p-1.json', 'http://two.example/p-1.json?dist=true'],
    ['with a query', 'https://one.example/?p=1.0.0', 'https://one.example/?p=1.0.0'],
  ] as const
  for (const [what, told, wanted] of addresses) {
    test(`follows an address ${what}`, async () => {
      const { expanded } = await expand({ '1.0.0': told }, { [wanted]: release })
      assert.deepEqual(expanded['versions'], { '1.0.0': release })
    })
  }

  test('reads a SHA-1 by either name, and a tarball beside the version', async () => {
    const told = { ...release, dist: { tarball: '../p.tgz', sha1: dist.shasum } }
    const { expanded } = await expand({ '1.0.0': './p/v/1' }, { [`${url}/v/1?dist=true`]: told })
    const found = isJsonObject(expanded['versions']) ? expanded['versions']['1.0.0'] : undefined
    assert.deepEqual(isJsonObject(found) && found['dist'], {
      tarball: `${url}/p.tgz`,
      sha1: dist.shasum,
      shasum: dist.shasum,
    })
  })

  const unusable = [
    ['has no address on the web', 'file:///etc/passwd', undefined],
    ['has no address on the web', null, undefined],
    ['is not at', 'p/gone', undefined],
    ['is no JSON object', 'p/2', '<html>'],
    ['is no JSON object', 'p/2', []],
    ['is another package, or another version', 'p/2', release],
    ['is another package, or another version', 'p/2', { ...release, name: 'q', version: '2.0.0' }],
    ['has no "dist" with a "tarball"', 'p/2', { name: 'p', version: '2.0.0' }],
    [
      'has no "dist" with a "tarball"',
      'p/2',
      { name: 'p', version: '2.0.0', dist: { tarball: 5 } },
    ],
  ] as const
  for (const [why, told, answer] of unusable) {
    test(`leaves out a version that ${why}: ${JSON.stringify(answer ?? told)}`, async () => {
      const answers = {
        'https://one.example/root/p/2?dist=true': answer,
        'https://one.example/root/p/1?dist=true': release,
      }
      const { expanded } = await expand({ '1.0.0': 'p/1', '2.0.0': told }, answers)
      assert.deepEqual(expanded['versions'], { '1.0.0': release })
      const alone = await refused(expand({ '2.0.0': told }, answers))
      assert.ok(alone.includes(`none of its versions can be installed: 2.0.0 ${why}`), alone)
    })
  }

  test('refuses the packument of another package', async () => {
    assert.match(await refused(expand({}, {}, { name: 'q' })), /it is not that of "p"/)
  })

  test('refuses more versions than it would ask for', async () => {
    const many = Array.from({ length: maxVersionAddresses + 1 }, (_, at) => [`1.0.${at}`, 'p/x'])
    assert.match(
      await refused(expand(Object.fromEntries(many))),
      /1001 versions by their addresses/,
    )
  })

  test('refuses versions that have too many bytes together', async () => {
    const answer = { ...release, readme: 'x'.repeat(maxVersionsBytes / 4) }
    const named = ['1.0.0', '1.0.1', '1.0.2', '1.0.3'].map((version) => [version, 'p/1'] as const)
    const answers = { 'https://one.example/root/p/1?dist=true': answer }
    const expanding = expand(Object.fromEntries(named), answers)
    assert.match(await refused(expanding), /its versions have more than 33554432 bytes/)
  })

  test('asks for nothing more once asking fails', async () => {
    const versions = Object.fromEntries(
      Array.from({ length: 100 }, (_, at) => [`1.0.${at}`, 'p/x']),
    )
    let asked = 0
    const get = async (): Promise<never> => {
      asked++
      throw new Error('no network')
    }
    await assert.rejects(
      withVersions({ name: 'p', versions }, { name: 'p', url, get }),
      /no network/,
    )
    await new Promise(setImmediate)
    assert.ok(asked < 100, `${asked}`)
  })

  const tags = [
    ['the newest that is no prerelease', ['1.0.0', '1.10.0', '1.9.0', '2.0.0-rc.1'], '1.10.0'],
    ['the newest prerelease where there is nothing else', ['1.0.0-a', '1.0.0-b'], '1.0.0-b'],
    ['none where there is no version', ['not-a-version'], undefined],
  ] as const
  for (const [what, versions, latest] of tags) {
    test(`takes for the latest, where no tag tells, ${what}`, async () => {
      const named = versions.map((version) => [version, `p/${version}`] as const)
      const answers = versions.map(
        (version) =>
          [`https://one.example/root/p/${version}?dist=true`, { ...release, version }] as const,
      )
      const { expanded } = await expand(Object.fromEntries(named), Object.fromEntries(answers), {
        'dist-tags': null,
      })
      assert.deepEqual(expanded['dist-tags'], latest === undefined ? {} : { latest })
    })
  }
})
