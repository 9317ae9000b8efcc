// The engine's files: the only place of this package that reads the disk, once, when it is loaded.
import { hash } from 'node:crypto'
// oxlint-disable-next-line no-restricted-imports -- The engine's own files, part of the program like its source.
import { readFileSync } from 'node:fs'
import { pins } from './pins.ts'

/** The sources that make a script's world, to be evaluated before it. */
export const prelude: string = readAsset('prelude.js')
export const world: string = readAsset('world.js')

/** QuickJS 2025-09-13 as the pinned wasm. Its minified names and its layout are known for these very bytes only. */
export const quickJs: WebAssembly.Module = compile()

function compile(): WebAssembly.Module {
  const url = import.meta.resolve('@jitl/quickjs-wasmfile-release-sync/wasm')
  const bytes = readFileSync(new URL(url))
  const found = hash('sha512', bytes)
  if (found !== pins.wasm) throw new Error(`QuickJS's wasm is ${found}, pinned is ${pins.wasm}`)
  return new WebAssembly.Module(bytes)
}

function readAsset(name: string): string {
  return readFileSync(new URL(`../assets/${name}`, import.meta.url), 'utf8')
}
