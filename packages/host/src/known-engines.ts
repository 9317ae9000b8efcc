// The engines that this release runs without being asked. Written by scripts/pin.ts, checked by a test.
// Logs name their engine for ever, so what a release had stays in this list.
import type { MemoryMode } from './engine-blob.ts'

/** By part: the hex SHA-512 of what this release ships. */
export const ownParts = {
  interface:
    '4abc5c83d659ec9e70f592cda1ffd272e3311fbf7550bfb8ad8508e3e6401a8cd0b1c6b299a08f87e5c36884e8dbcdd7056fac3eede4c51b74b1c9486fa489c1',
  prelude:
    '726beec4e9ec00b0d57b5b9d9e64cb3166784f87bd48b00c52527703afa08c46dd5de9a5e9f19be3cff0d88086ed76965e6113e9f2300ebb45fbb08bf9e7d7a9',
  wasm: 'da6e2a6d306a3e00af846d8328408842bae7f0126401a9904bbc8f9126b7a077447995496ef7809a0dc838a1cb11665e7693c3bd395493d951bbf32c659e8644',
  world:
    'c01abe92e1ab3755bc16ba5fd9283dd8df264a0c034aa0a96024a064df99de345409e4ea644aba2c99ecacd6ec5b515b4aacb0162d08a7b0f6050050ddda6246',
} as const

/** An engine by its blob's name, and the release that first had it: null before its release. */
export type KnownEngine = {
  readonly name: string
  readonly memory: MemoryMode
  readonly release: string | null
}

/** Every engine of this release and of earlier ones. */
export const knownEngines: readonly KnownEngine[] = [
  {
    name: 'ade794cfbc67859f225601dd2809dd4d83278eeddc5128ab3c1161710d4b911de147de2019044e17a634f3867ab289cd786459b333d50cbe257fc247ff652ee5',
    memory: 'fresh',
    release: '0.1.0',
  },
  {
    name: '085693e8c8e8657a47bc85ab5d4afbc885b8baae04ba51a597eec85b905de74f966598d545f1880b3cea89218f7b886fb2c5198526a0ec083b6c415fa9b39fb8',
    memory: 'kept',
    release: '0.1.0',
  },
  {
    name: '722ccccc2660683fa861527126e2cbc858e28175350a6ce13cab55e000be8649d205dc1def6e51147fb17696addffffb31343e4db44297a12096959aedf33091',
    memory: 'fresh',
    release: null,
  },
  {
    name: 'ab0e52a27adba9969aa14e2dad8810be0bf7522ac34aba527ac4bcb26e7892fbf4f9101b39deb99a2742c7a025ce37d6e353e99ce9f8e96b91c081ad8f3fa4f6',
    memory: 'kept',
    release: null,
  },
]

/** Engines whose results depended on more than their logs carry: only the release itself runs those logs. */
export const retiredEngines: readonly {
  readonly release: string
  readonly names: readonly string[]
}[] = [
  {
    release: '7366d07',
    names: [
      'f5c44efac344060c7c868f453ca746a97df5f2e9c5898a9b3198f7a4ba832ca4345bd7dd704af910255dc0a8e234d66ebb14a43db8654e2ed0a8c27ceb4f4183',
      '402b0f1fe28d9c72ef043b3d3fcc19dd3c6a97648651bf868256e5906f4f6ec06bd7d6c09e8458b73b158066cfc2850ae100dab362cea82ef9b2e1e9215a74e6',
    ],
  },
]
