// What a clone reads: of the files that never change, those that are here already; the others from the service. Blobs are kept.
import { hash } from 'node:crypto'
import type { VerifyPorts } from '@stele/audit'
import { bundleWidth } from '@stele/entries/parts'
import { blobPath, bundlePath, logRoot, parseBlobPath } from '@stele/entries/paths'
import type { WithheldPart } from '@stele/entries/takedowns'
import { fetchBlob } from '../sources/fetch-blob.ts'
import type { CloneFolder } from './clone-folder.ts'

type Fetch = VerifyPorts['fetch']

/** Reads of a clone. */
export type LayeredFetch = {
  readonly fetch: Fetch
  /** The blob of this name, which is here then; undefined where the service has none. Throws `file_mismatch`. */
  readonly fetchBlob: (name: string, maxBytes?: number) => Promise<Uint8Array | undefined>
  readonly hasUsedLocal: () => boolean
  /** These paths are read from the service, also where they are here. */
  readonly leaveOut: (isLeftOut: (path: string) => boolean) => void
  /** The paths of the files that are here and hold what these takedowns name. */
  readonly namedBy: (withheld: readonly { readonly part: WithheldPart }[]) => readonly string[]
}

/** Never replaced by others once they are there, but for what is taken down. */
const lasting = /^\/-\/log\/(?:tile|body|effects|value|blob)\//
const statusOk = 200
const blobRoot = `${logRoot}blob/`

/** Reads from `local` what is there, and from `remote` what is not; blobs go into the folder. */
export function layerFetch({
  remote,
  local,
  folder,
}: {
  readonly remote: Fetch
  readonly local: Fetch
  readonly folder: CloneFolder
}): LayeredFetch {
  let [usedLocal, isLeftOut] = [false, (_path: string) => false]
  const fetch: Fetch = async (path, maxBytes, accept) => {
    if (lasting.test(path) && !isLeftOut(path)) {
      const found = await local(path, maxBytes)
      if (found.status === statusOk && isRight(path, found.bytes)) {
        usedLocal = true
        return found
      }
    }
    const answer = await remote(path, maxBytes, accept)
    keepBlob(folder, path, answer)
    return answer
  }
  return {
    fetch,
    fetchBlob: (name, maxBytes) => fetchBlob(fetch, name, maxBytes),
    hasUsedLocal: () => usedLocal,
    leaveOut: (next) => {
      isLeftOut = next
    },
    namedBy: (withheld) => [...new Set(withheld.flatMap(({ part }) => pathsOf(part, folder)))],
  }
}

/** Only the right bytes: whoever asked compares them too, and refuses others. */
function keepBlob(folder: CloneFolder, path: string, answer: Awaited<ReturnType<Fetch>>): void {
  const name = blobName(path)
  if (name === undefined || answer.status !== statusOk || !isRight(path, answer.bytes)) return
  folder.put(blobPath(name), answer.bytes, true)
}

/** False for a blob with other bytes than its name says. Of other files the log tells. */
function isRight(path: string, bytes: Uint8Array): boolean {
  const name = blobName(path)
  return name === undefined || hash('sha512', bytes) === name
}

function blobName(path: string): string | undefined {
  return path.startsWith(blobRoot) ? parseBlobPath(path.slice(blobRoot.length)) : undefined
}

function pathsOf(part: WithheldPart, folder: CloneFolder): readonly string[] {
  if ('blob' in part) return [logRoot + blobPath(part.blob)].filter(folder.has)
  const kind = part.part === 'values' ? 'value' : part.part
  const index = Math.floor(part.entry / bundleWidth)
  const full = bundlePath(kind, { index, width: bundleWidth })
  return [full, ...folder.partialsOf(full)].map((path) => logRoot + path).filter(folder.has)
}
