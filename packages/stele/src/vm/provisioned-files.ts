// The files by which the script of a factory says which services run beside it: `/.vms/<id>` holds a service's title and
// script. The engine's `System.vms` writes them (packages/host/assets/world.js), in a text that logs name by its hash: names
// are compared there letter by letter, since a script may replace what a RegExp does.
import { isJsonObject } from '@stele/formats/json'

/** What a file says of its service. */
export type ProvisionedService = { readonly title: string; readonly code: string }

export const provisionedFolder = '/.vms'

/** Whether `System.vms` takes a service of this id. A script may write files of any other name there by hand. */
export function isProvisionedId(id: string): boolean {
  return /^[\w-]{1,64}$/.test(id)
}

/** Throws a plain Error where the file, which a script may have written by hand, names no service. */
export function readProvisioned(bytes: Uint8Array | undefined): ProvisionedService {
  const value: unknown = JSON.parse(Buffer.from(bytes ?? []).toString() || 'null')
  const { title, code } = isJsonObject(value) ? value : {}
  if (typeof title === 'string' && typeof code === 'string') return { title, code }
  throw new Error('its file does not hold a title and a script')
}
