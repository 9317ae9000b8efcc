// The parts of this release's engines: the only place of this package that reads the disk.
// oxlint-disable-next-line no-restricted-imports -- The engine's own files, part of the program like its source.
import { readFileSync } from 'node:fs'
import type { PartName } from './engine-blob.ts'

/** The parts as this release ships them, read anew each time: whoever starts a log keeps them in it. */
export function readOwnParts(): { readonly [Name in PartName]: Uint8Array } {
  return {
    interface: readAsset('interface.json'),
    prelude: readAsset('prelude.js'),
    wasm: readFileSync(new URL(import.meta.resolve('@jitl/quickjs-wasmfile-release-sync/wasm'))),
    world: readAsset('world.js'),
  }
}

function readAsset(name: string): Uint8Array {
  return readFileSync(new URL(`../assets/${name}`, import.meta.url))
}
