// What a service shows of itself costs what is shown, however much there is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entryKinds, formatLeaf, saltBytes } from '@stele/entries/leaf'
import { createApp } from '@stele/http'
import { ask } from '../../http/test/incoming.ts'
import { type VmPorts, vmFace } from '../src/vm/index.ts'

const bytes = new Uint8Array(32)
const leaf = formatLeaf({
  kind: entryKinds.call,
  timeMs: 0,
  bodyHash: bytes,
  effectsHash: bytes,
  stateRoot: bytes,
})
const partOf = (text: string): Uint8Array =>
  Buffer.concat([Buffer.alloc(saltBytes), Buffer.from(text)])
const bodyOf = (argument: string): Uint8Array =>
  partOf(
    `{"account":null,"args":["${argument}"],"method":"say","origin":"o","seq":1,"v":1,"via":{"type":"debug"}}`,
  )
const effects = partOf('{"changes":0,"ok":true,"writes":[]}')

const textOf = (body: unknown): string => {
  assert.ok(body instanceof Uint8Array)
  return Buffer.from(body).toString()
}

function open(ports: Partial<VmPorts>): ReturnType<typeof createApp> {
  const face = vmFace.open(
    {
      title: 'A service',
      origin: 'o',
      files: { get: () => undefined, list: () => [], row: () => undefined },
      treeSize: () => 0,
      script: () => 'ab'.repeat(64),
      entry: () => undefined,
      methods: async () => [],
      services: () => [],
      writesRefused: () => undefined,
      notAnswering: async () => undefined,
      ...ports,
    },
    {},
  )
  return createApp({
    faces: [face],
    settings: { mountPath: '', trustedProxies: [] },
    now: () => 0,
    report: () => undefined,
  })
}

test('GET /-/log/ reads a bounded part of long calls, and tells the others by their sizes', async () => {
  let readBytes = 0
  const sizes = [200_000, 60_000, 60_000, 10]
  const app = open({
    treeSize: () => 400,
    entry: (index, mostBytes) => {
      const body = bodyOf('x'.repeat(sizes[index % sizes.length] ?? 0))
      if (body.length > mostBytes) return { leaf, body: body.length, effects }
      readBytes += body.length
      return { leaf, body, effects }
    },
  })
  const { status, body } = await app(ask('GET', '/-/log/'))
  assert.equal(status, 200)
  const { entries } = JSON.parse(textOf(body))
  assert.equal(entries.length, 100)
  assert.ok(readBytes <= 2 * 1024 * 1024, `${readBytes}`)
  assert.equal(entries[0].what, 'say("xxxxxxxxxx")')
  assert.match(entries[1].what, /^say\("xxx.*…$/)
  assert.match(entries[3].what, /^200\d\d\d bytes, too long to be shown here$/)
  assert.match(entries[98].what, /^60\d\d\d bytes, too long/)
})

test('GET /-/files/… finds a file without listing what lies beside it', async () => {
  const app = open({
    files: {
      get: (object, field) => (object === '/' && field === 'a' ? Buffer.from('text') : undefined),
      row: (object, field) => (object === '/' && field === 'a' ? {} : undefined),
      list: () => assert.fail('The folder is listed'),
    },
  })
  const found = await app(ask('GET', '/-/files/a'))
  assert.deepEqual([found.status, textOf(found.body)], [200, 'text'])
  assert.equal((await app(ask('GET', '/-/files/b'))).status, 404)
})

test('GET / names the methods and the script that runs, as a link to its very bytes', async () => {
  const app = open({ methods: async () => ['say', '<b>'] })
  const { body } = await app(ask('GET', '/', { headers: { accept: 'text/html' } }))
  const page = textOf(body)
  assert.match(
    page,
    /<code>say<\/code>, <code>&#60;b&#62;<\/code>|<code>say<\/code>, <code>&lt;b&gt;<\/code>/,
  )
  assert.match(page, new RegExp(`href="[^"]*/-/log/blob/ab/${'ab'.repeat(64)}"`))
})

test('GET / lists the services that a factory has made, as text', async () => {
  const services = () => [
    { path: 'a1', title: '<b>one' },
    { path: '', title: 'two' },
  ]
  const app = open({ services })
  const page = textOf((await app(ask('GET', '/', { headers: { accept: 'text/html' } }))).body)
  assert.match(page, /<li><a href="[^"]*\/a1\/">&#60;b&#62;one<\/a><\/li>\n<li>two<\/li>/)
  const told = JSON.parse(textOf((await app(ask('GET', '/'))).body))
  assert.match(told.services[0].url, /\/a1\/$/)
  assert.deepEqual(told.services[1], { title: 'two' })
  assert.equal(JSON.parse(textOf((await open({})(ask('GET', '/'))).body)).services, undefined)
})

test('GET /-/health says that all is well, or 503 and why a service takes no calls', async () => {
  const well = await open({ treeSize: () => 3 })(ask('GET', '/-/health'))
  assert.deepEqual([well.status, JSON.parse(textOf(well.body))], [200, { ok: true, logSize: 3 }])
  const ill = await open({ writesRefused: () => 'the disk is full' })(ask('GET', '/-/health'))
  assert.equal(ill.status, 503)
  assert.equal(JSON.parse(textOf(ill.body)).writesRefused, 'the disk is full')
})
