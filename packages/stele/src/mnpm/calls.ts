// The reads among mnpm's calls: what exists, what it depends on, what its tarball hashes to, and who has it. The answers are a
// registry's word; of their forms nothing is taken for granted.
import type { VerifyPorts } from '@stele/audit'
import { reasonOf, SteleError } from '@stele/errors'
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseTolerantJson,
} from '@stele/formats/json'
import { parseVersion } from '@stele/formats/names'
import { maxAnswerBytes, maxMirrors } from './limits.ts'

/** What a registry answers. */
export type MnpmCalls = {
  /** Throws `package_absent`. */
  readonly versions: (name: string) => Promise<readonly string[]>
  /** Names to ranges. */
  readonly dependencies: (name: string, version: string) => Promise<Ranges>
  /** SHA-512, hex. */
  readonly checksum: (name: string, version: string) => Promise<string>
  /** Addresses without a slash at the end. */
  readonly mirrors: () => Promise<readonly string[]>
}

type Ranges = { readonly [name: string]: string }

const [statusOk, statusAbsent] = [200, 404]
const mirrorsPath = '/mirrors'

/** Where a registry of Stele has the calls. */
export const callsBelow = '/-/mnpm'

/** The calls at an address, such as `https://registry.example/-/mnpm`. All throw `registry_answer`, `server_unreachable`, `server_refused`. */
export function openCalls(root: string, fetch: VerifyPorts['fetch']): MnpmCalls {
  const ask = async (path: string, name?: string): Promise<JsonObject> => {
    const { status, bytes } = await fetch(path, maxAnswerBytes, 'application/json')
    if (status === statusAbsent && name !== undefined)
      throw new SteleError('package_absent', { name, registry: root, chain: [] })
    if (status === statusAbsent && path === mirrorsPath) throw odd(root, noCallsReason(root))
    if (status !== statusOk) throw odd(root + path, `it answers with status ${status}`)
    if (bytes.length > maxAnswerBytes) throw odd(root + path, `it has over ${maxAnswerBytes} bytes`)
    try {
      const value = parseTolerantJson(Buffer.from(bytes).toString(), 'the answer')
      if (isJsonObject(value)) return value
    } catch (cause) {
      throw odd(root + path, reasonOf(cause))
    }
    throw odd(root + path, 'it is no JSON object')
  }
  return {
    versions: async (name) => {
      const path = `/versions?name=${encodeURIComponent(name)}`
      return textsOf((await ask(path, name))['versions'], root + path).map(parseVersion)
    },
    dependencies: async (name, version) => {
      const path = `/dependencies?${release(name, version)}`
      return rangesOf((await ask(path))['dependencies'], root + path)
    },
    checksum: async (name, version) => {
      const path = `/checksum?${release(name, version)}`
      const { checksum, algorithm = 'sha512' } = await ask(path)
      if (
        algorithm === 'sha512' &&
        typeof checksum === 'string' &&
        /^[0-9a-f]{128}$/.test(checksum)
      )
        return checksum
      throw odd(root + path, 'its checksum is no SHA-512 in hex')
    },
    mirrors: async () => {
      const urls = textsOf((await ask(mirrorsPath))['mirrors'], root + mirrorsPath)
      const bad = urls.find((url) => !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
      if (bad !== undefined) throw odd(root + mirrorsPath, `"${bad}" is no address of a mirror`)
      return urls.slice(0, maxMirrors).map((url) => url.replace(/\/+$/, ''))
    },
  }
}

function noCallsReason(root: string): string {
  const reason = 'it has none of the calls of mnpm; --server says where they are'
  return root.endsWith(callsBelow) ? reason : `${reason}, at a Stele registry ${root}${callsBelow}`
}

function release(name: string, version: string): string {
  return `name=${encodeURIComponent(name)}&version=${encodeURIComponent(version)}`
}

function textsOf(value: JsonValue | undefined, url: string): readonly string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value
  throw odd(url, 'it holds no list of texts')
}

/** `[{"name", "version"}, …]` */
function rangesOf(value: JsonValue | undefined, url: string): Ranges {
  if (!Array.isArray(value)) throw odd(url, 'it holds no list of dependencies')
  return Object.fromEntries(
    value.map((one: JsonValue): [string, string] => {
      const { name, version } = isJsonObject(one) ? one : {}
      if (typeof name === 'string' && typeof version === 'string') return [name, version]
      throw odd(url, 'a dependency is not {"name": …, "version": …}')
    }),
  )
}

function odd(url: string, reason: string): SteleError {
  return new SteleError('registry_answer', { url, reason })
}
