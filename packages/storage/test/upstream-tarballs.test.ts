// Tarballs of upstreams on a disk of limited space, and what kills leave behind.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Form } from '@stele/releases/release'
import type { KeptHead } from '@stele/upstream'
import {
  maxMissingKept,
  packumentGraceMs,
  tarballGraceMs,
  tarballsPerRemoval,
} from '../src/limits.ts'
import { openUpstreamStore, type UpstreamStore } from '../src/upstream-store.ts'
import { tempFolder } from './temp-folder.ts'

type World = {
  readonly store: UpstreamStore
  /** Keeps a tarball of so many bytes; gives its integrity. */
  readonly keep: (text: string, sizeBytes?: number, name?: string) => Promise<string>
  /** The packages that no upstream is asked for any more. */
  readonly own: Set<string>
  readonly wait: (timeMs: number) => void
  /** Ends the process, as far as the store sees it, and starts the next; something happens between. */
  readonly restart: (between?: () => void) => UpstreamStore
  readonly folder: string
  /** The files that were found damaged. */
  readonly damaged: readonly string[]
  readonly pathOf: (integrity: string) => Promise<string>
}

/** Other bytes, as many, at the same time by the clock. */
function damage(path: string): void {
  const { atime, mtime, size, ctimeMs } = statSync(path)
  writeFileSync(path, Buffer.alloc(size, 'x'))
  while (statSync(path).ctimeMs === ctimeMs) utimesSync(path, atime, mtime) // The system's clock ticks slowly.
}

function openWorld(t: TestContext, maxBytes: number): World {
  const root = tempFolder(t)
  const folder = join(root, 'upstream')
  const own = new Set<string>()
  const damaged: string[] = []
  let nowMs = 0
  const open = (): UpstreamStore =>
    openUpstreamStore({
      path: join(root, 'upstream.db'),
      folder,
      maxBytes,
      now: () => nowMs,
      isOwn: (name) => own.has(name),
      onDamaged: (path) => damaged.push(path),
    })
  let store = open()
  t.after(() => store.close())
  return {
    get store() {
      return store
    },
    folder,
    own,
    damaged,
    pathOf: async (integrity) => (await store.tarballs.find(integrity, 'a'))?.path ?? '',
    keep: async (text, sizeBytes = 100, name = 'a') => {
      const bytes = Buffer.alloc(sizeBytes, text)
      const integrity = `sha512-${hash('sha512', bytes, 'base64')}`
      const receiving = await store.tarballs.receive(name)
      await receiving.append(bytes)
      await receiving.keep(integrity, hash('sha512', bytes))
      return integrity
    },
    wait: (timeMs) => {
      nowMs += timeMs
    },
    restart: (between) => {
      store.close()
      between?.()
      store = open()
      return store
    },
  }
}

function headAt(checkedMs: number, digest: string | undefined): KeptHead {
  return { upstream: 'up', checkedMs, etag: '"e"', digest, modifiedMs: undefined, basis: '-' }
}

function filesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
    .length
}

test('keep() lets go what was not used for longest when the space is used up', async (t) => {
  const world = openWorld(t, 350)
  const [a, b, c] = [await world.keep('a'), await world.keep('b'), await world.keep('c')]
  assert.ok((await world.store.tarballs.find(a, 'a')) !== undefined)
  world.wait(tarballGraceMs)
  const d = await world.keep('d')
  const kept: boolean[] = []
  for (const one of [a, b, c, d])
    kept.push((await world.store.tarballs.find(one, 'a')) !== undefined)
  assert.deepEqual(kept, [true, false, true, true])
  assert.equal(filesIn(world.folder), 3)
})

test('keep() remembers across a restart what was used last', async (t) => {
  const world = openWorld(t, 350)
  const [a, b] = [await world.keep('a'), await world.keep('b'), await world.keep('c')]
  await world.store.tarballs.find(a, 'a')
  world.restart()
  await world.keep('d')
  assert.ok((await world.store.tarballs.find(a, 'a')) !== undefined)
  assert.equal(await world.store.tarballs.find(b, 'a'), undefined)
})

test('keep() lets many go a few in each turn, and resolves when there is room', async (t) => {
  const count = 5 * tarballsPerRemoval
  const world = openWorld(t, 100 * count)
  await Promise.all(Array.from({ length: count }, (_, n) => world.keep(String(n))))
  world.wait(tarballGraceMs)
  const left: number[] = []
  let isKept = false
  const kept = world.keep('large', 100 * count).then(() => {
    isKept = true
  })
  while (!isKept) {
    await setImmediate()
    left.push(filesIn(world.folder))
  }
  await kept
  assert.equal(left.at(-1), 1)
  const most = Math.max(...left.map((now, at) => (left[at - 1] ?? now) - now))
  // Two turns may pass between two looks.
  assert.ok(most <= 2 * tarballsPerRemoval, `${most} went at once`)
})

test('keep() counts one that is kept twice once, and those that two packages have', async (t) => {
  const world = openWorld(t, 350)
  for (let times = 0; times < 5; times++) await world.keep('a', 100, `name-${times}`)
  await world.keep('b')
  world.wait(tarballGraceMs)
  await world.keep('c')
  assert.equal(filesIn(world.folder), 3)
  world.restart()
  await world.keep('d')
  assert.equal(filesIn(world.folder), 3)
})

test('keep() leaves what somebody is about to open, and what is being read', async (t) => {
  const world = openWorld(t, 150)
  const a = await world.keep('a')
  const held = await world.store.tarballs.find(a, 'a')
  assert.ok(held !== undefined)
  const b = await world.keep('b')
  assert.ok(
    (await world.store.tarballs.find(a, 'a')) !== undefined,
    'It went while somebody wanted it',
  )
  const file = await world.store.tarballs.open(held)
  world.wait(tarballGraceMs)
  await world.keep('c')
  assert.equal(await world.store.tarballs.find(a, 'a'), undefined)
  assert.equal(await world.store.tarballs.find(b, 'a'), undefined)
  assert.deepEqual(await file.read(0, 100), Buffer.alloc(100, 'a'))
  await file.close()
})

test('keep() never lets go what no upstream is asked for any more, also after a restart, and counts it no more', async (t) => {
  const world = openWorld(t, 350)
  const taken = [await world.keep('a', 100, 'taken'), await world.keep('b', 100, 'taken')]
  await world.keep('c', 100, 'other')
  world.own.add('taken')
  world.restart()
  for (const text of ['d', 'e', 'f', 'g', 'h', 'i']) {
    await world.keep(text, 100, 'other')
    world.wait(tarballGraceMs)
  }
  const { store } = world
  for (const one of taken)
    assert.ok((await store.tarballs.find(one, 'a')) !== undefined, 'The only copy went')
  assert.equal(filesIn(world.folder), 2 + 3)
})

test('keep() never lets go what find() found for a package that no upstream is asked for any more', async (t) => {
  const world = openWorld(t, 250)
  const a = await world.keep('a', 100, 'other')
  assert.ok((await world.store.tarballs.find(a, 'taken')) !== undefined) // The same bytes as another package's.
  world.own.add('taken')
  world.restart()
  for (const text of ['b', 'c', 'd']) {
    await world.keep(text, 100, 'other')
    world.wait(tarballGraceMs)
  }
  assert.ok((await world.store.tarballs.find(a, 'taken')) !== undefined, 'The only copy went')
})

test('keep() lets go again what came back to its upstream when the next process begins', async (t) => {
  const world = openWorld(t, 250)
  const a = await world.keep('a', 100, 'taken')
  world.own.add('taken')
  for (const text of ['b', 'c', 'd']) {
    await world.keep(text, 100, 'other')
    world.wait(tarballGraceMs)
  }
  assert.ok((await world.store.tarballs.find(a, 'a')) !== undefined)
  world.own.delete('taken')
  world.restart()
  world.wait(tarballGraceMs)
  for (const text of ['e', 'f', 'g']) await world.keep(text, 100, 'other')
  assert.equal(await world.store.tarballs.find(a, 'a'), undefined)
})

test('openUpstreamStore() removes what was on its way when the last process ended', async (t) => {
  const world = openWorld(t, 1000)
  const a = await world.keep('a')
  const receiving = await world.store.tarballs.receive('a')
  t.after(receiving.drop)
  await receiving.append(Buffer.from('half of it'))
  assert.equal(filesIn(world.folder), 2)
  await world.restart().swept
  assert.equal(filesIn(world.folder), 1)
  assert.ok((await world.store.tarballs.find(a, 'a')) !== undefined)
})

test('openUpstreamStore() removes tarballs that a deleted database knew', async (t) => {
  const world = openWorld(t, 1000)
  await world.keep('a')
  const store = world.restart(() => {
    const root = join(world.folder, '..')
    for (const name of readdirSync(root))
      if (name.startsWith('upstream.db')) rmSync(join(root, name))
  })
  await store.swept
  assert.equal(filesIn(world.folder), 0)
})

test('openUpstreamStore() fails nobody when its folder goes while it is swept, and nobody waits', async (t) => {
  const world = openWorld(t, 1000)
  world.restart(() => undefined)
  rmSync(world.folder, { recursive: true })
  for (let turn = 0; turn < 10; turn++) await readdir(join(world.folder, '..'))
})

for (const [title, spoil] of [
  ['is gone', rmSync],
  ['was cut short', (path: string) => truncateSync(path, 99)],
] as const) {
  test(`find() does not find a tarball whose file ${title}, and keep() brings it back`, async (t) => {
    const world = openWorld(t, 1000)
    const a = await world.keep('a')
    spoil((await world.store.tarballs.find(a, 'a'))?.path ?? '')
    assert.equal(await world.store.tarballs.find(a, 'a'), undefined)
    await world.keep('a')
    assert.ok(existsSync((await world.store.tarballs.find(a, 'a'))?.path ?? ''))
  })
}

test('find() does not find a tarball whose bytes were changed, also before the process started, and tells of it once', async (t) => {
  const world = openWorld(t, 1000)
  const [a, b] = [await world.keep('a'), await world.keep('b')]
  const [ofA, ofB] = [await world.pathOf(a), await world.pathOf(b)]
  damage(ofA)
  for (let time = 0; time < 2; time++)
    assert.equal(await world.store.tarballs.find(a, 'a'), undefined)
  assert.deepEqual(world.damaged, [ofA])
  world.restart(() => damage(ofB))
  for (let time = 0; time < 2; time++)
    assert.equal(await world.store.tarballs.find(b, 'a'), undefined)
  assert.deepEqual(world.damaged, [ofA, ofB])
  await world.keep('b')
  assert.ok((await world.store.tarballs.find(b, 'a')) !== undefined)
})

test('saveHead() keeps no more than so many names that are nowhere, and packages whatever comes', (t) => {
  const { store, restart } = openWorld(t, 1000)
  const nothing = {
    upstream: 'up',
    etag: undefined,
    digest: undefined,
    modifiedMs: undefined,
    basis: undefined,
  }
  const something = { ...nothing, checkedMs: 0, digest: 'd', template: Buffer.from('t') }
  store.kept.save('real', 'full', { ...something, pins: Buffer.from('p'), isOnlyCopy: false })
  const total = maxMissingKept + 5000
  const nameOf = (n: number): string => `missing-${n}`
  for (let n = 0; n < total; n++) {
    store.kept.saveHead(nameOf(n), 'full', { ...nothing, checkedMs: n })
  }
  const isKept = (n: number): boolean => store.kept.head(nameOf(n), 'full') !== undefined
  const left = Array.from({ length: total }, (_, n) => n).filter(isKept)
  assert.ok(left.length <= maxMissingKept && left.length > maxMissingKept / 2)
  assert.ok(isKept(total - 1) && !isKept(0))
  assert.ok(store.kept.template('real', 'full') !== undefined)
  const after = restart()
  assert.equal(after.kept.head(nameOf(total - 1), 'full'), undefined)
  assert.ok(after.kept.head('real', 'full') !== undefined)
})

test('save() of one form of a package ends that the other one is nowhere', (t) => {
  const { kept } = openWorld(t, 1000).store
  const head = {
    upstream: 'up',
    checkedMs: 0,
    etag: undefined,
    modifiedMs: undefined,
    basis: undefined,
  }
  kept.saveHead('a', 'full', { ...head, digest: undefined })
  const packed = { template: Buffer.from('t'), pins: Buffer.from('p'), isOnlyCopy: false }
  kept.save('a', 'abbreviated', { ...head, digest: 'd', ...packed })
  assert.equal(kept.head('a', 'full'), undefined)
  assert.equal(kept.head('a', 'abbreviated')?.digest, 'd')
})

test('head() tells what save() kept, also after a restart and when it is checked again', (t) => {
  const { store, restart } = openWorld(t, 1000)
  const head = {
    upstream: 'up',
    checkedMs: 1,
    etag: '"e"',
    digest: 'd',
    modifiedMs: 2,
    basis: '1 x -',
  }
  store.kept.save('a', 'full', {
    ...head,
    template: Buffer.from('t'),
    pins: Buffer.from('p'),
    isOnlyCopy: false,
  })
  store.kept.saveHead('a', 'full', { ...head, checkedMs: 3 })
  assert.deepEqual(restart().kept.head('a', 'full'), { ...head, checkedMs: 3 })
})

test('save() forgets the pins of a package whose packument tells all of them', (t) => {
  const { kept } = openWorld(t, 1000).store
  const packed = { template: Buffer.from('t'), isOnlyCopy: true }
  for (const pins of [Buffer.from('p'), undefined]) {
    kept.save('a', 'full', { ...headAt(0, 'd'), ...packed, pins })
    assert.deepEqual(kept.pins('a')?.length, pins?.length)
  }
})

test('save() lets packuments go that were not used for longest, and what is known of their releases', (t) => {
  const world = openWorld(t, 8 * 10_000)
  const { kept } = world.store
  const packed = { template: Buffer.alloc(3900), pins: Buffer.alloc(100), isOnlyCopy: false }
  const save = (name: string, form: Form): void => {
    world.wait(packumentGraceMs)
    kept.save(name, form, { ...headAt(0, 'd'), ...packed })
  }
  save('a', 'full')
  save('a', 'abbreviated')
  save('b', 'full')
  assert.deepEqual([kept.template('a', 'full'), kept.pins('a')?.length], [undefined, 100])
  kept.head('b', 'full')
  save('c', 'full')
  assert.deepEqual([kept.template('a', 'abbreviated'), kept.pins('a')], [undefined, undefined])
  for (const name of ['b', 'c']) assert.ok(kept.template(name, 'full') !== undefined)
})

test('save() lets the packuments go that nobody uses before those of an upstream that is down, also after a restart', (t) => {
  const world = openWorld(t, 8 * 10_000)
  const packed = { template: Buffer.alloc(3900), pins: Buffer.alloc(100), isOnlyCopy: false }
  const save = (name: string, checkedMs: number): void => {
    world.wait(packumentGraceMs)
    world.store.kept.save(name, 'full', { ...headAt(checkedMs, 'd'), ...packed })
  }
  save('down', 0)
  save('unused', 9 * 60_000)
  world.store.kept.head('down', 'full')
  world.restart()
  save('new', 9 * 60_000)
  const left = (name: string): boolean => world.store.kept.template(name, 'full') !== undefined
  assert.deepEqual([left('down'), left('unused'), left('new')], [true, false, true])
})

test('save() keeps packuments that were asked for a moment ago, however large they are', (t) => {
  const { kept } = openWorld(t, 8).store
  const head = { upstream: 'up', etag: undefined, digest: 'd', modifiedMs: undefined, basis: '-' }
  for (const [at, name] of ['a', 'b', 'c'].entries()) {
    const packed = { template: Buffer.alloc(100), pins: Buffer.alloc(100), isOnlyCopy: false }
    kept.save(name, 'full', { ...head, checkedMs: at, ...packed })
  }
  for (const name of ['a', 'b', 'c']) assert.ok(kept.template(name, 'full') !== undefined)
})

test('saveHead() keeps nothing of a packument that was removed meanwhile', (t) => {
  const { kept } = openWorld(t, 1000).store
  kept.saveHead('a', 'full', headAt(1, 'd'))
  assert.equal(kept.head('a', 'full'), undefined)
})

test('openUpstreamStore() forgets packuments of which only the head was kept', (t) => {
  const world = openWorld(t, 1000)
  const kept = {
    ...headAt(1, 'd'),
    template: Buffer.from('t'),
    pins: Buffer.from('p'),
    isOnlyCopy: false,
  }
  world.store.kept.save('a', 'full', kept)
  world.store.kept.save('b', 'full', kept)
  const path = join(world.folder, '..', 'upstream.db')
  world.restart(() => {
    const db = new DatabaseSync(path)
    db.exec("UPDATE packument SET template = NULL WHERE name = 'a'")
    db.close()
  })
  assert.equal(world.store.kept.head('a', 'full'), undefined)
  assert.equal(world.store.kept.head('b', 'full')?.digest, 'd')
})

for (const isOnlyCopy of [true, false]) {
  const what = isOnlyCopy ? 'keeps pins that are nowhere else' : 'lets other pins go'
  const packed = { template: Buffer.alloc(9000), pins: Buffer.alloc(100), isOnlyCopy }

  test(`save() ${what} when it lets the packument go`, (t) => {
    const world = openWorld(t, 8 * 10_000)
    const isKept = (): boolean => world.store.kept.pins('a') !== undefined
    world.store.kept.save('a', 'full', { ...headAt(0, 'd'), ...packed })
    world.wait(packumentGraceMs)
    world.store.kept.save('b', 'full', { ...headAt(0, 'd'), ...packed })
    assert.equal(world.store.kept.head('a', 'full'), undefined)
    assert.equal(isKept(), isOnlyCopy)
    world.restart()
    assert.equal(isKept(), isOnlyCopy)
  })

  test(`openUpstreamStore() ${what} when the upstream removed the package`, (t) => {
    const world = openWorld(t, 8 * 10_000)
    world.store.kept.save('a', 'full', { ...headAt(0, 'd'), ...packed })
    world.store.kept.saveHead('a', 'full', headAt(1, undefined))
    assert.ok(world.store.kept.pins('a') !== undefined)
    world.restart()
    assert.equal(world.store.kept.pins('a') !== undefined, isOnlyCopy)
  })
}

test('makeDurable() keeps the tarballs of a package through a power cut', async (t) => {
  const world = openWorld(t, 1000)
  world.restart()
  const integrity = await world.keep('a')
  await world.store.tarballs.makeDurable('a')
  // What SQLite had in memory, or in a file that it had not synced, is not there afterwards.
  const root = join(tempFolder(t), 'after')
  cpSync(dirname(world.folder), root, {
    recursive: true,
    filter: (path) => !/-(wal|shm)$/.test(path),
  })
  const store = openUpstreamStore({
    path: join(root, 'upstream.db'),
    folder: join(root, 'upstream'),
    maxBytes: 1000,
    isOwn: () => true,
  })
  t.after(() => store.close())
  await store.swept
  assert.ok((await store.tarballs.find(integrity, 'a')) !== undefined)
})

test('makeDurable() passes over tarballs whose files are gone', async (t) => {
  const world = openWorld(t, 1000)
  await world.keep('a')
  for (const part of readdirSync(world.folder))
    rmSync(join(world.folder, part), { recursive: true })
  await assert.doesNotReject(world.store.tarballs.makeDurable('a'))
})

test('makeDurable() throws server_busy while another program reads the rows', async (t) => {
  const world = openWorld(t, 1000)
  const reader = new DatabaseSync(join(dirname(world.folder), 'upstream.db'))
  t.after(() => reader.close())
  reader.exec('BEGIN; SELECT 1 FROM tarball')
  await world.keep('a')
  await assert.rejects(world.store.tarballs.makeDurable('a'), { code: 'server_busy' })
  reader.exec('COMMIT')
  await world.store.tarballs.makeDurable('a')
})
