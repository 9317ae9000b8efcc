// Errors of the command line, its configuration and the data folder.
import type { Catalogue } from './entry.ts'

export type CliDetails = {
  /** `command`: what was typed, empty for the program itself; absent where a program is to blame, which reads no help. */
  usage_wrong: { readonly reason: string; readonly command?: string }
  /** `source` is the flag or the variable that was written, else the file that `key` stands in. */
  setting_invalid: {
    readonly key: string
    readonly source: string
    readonly found: string
    readonly wanted: string
  }
  /** Somebody asked the command to stop, with this signal. */
  interrupted: { readonly signal: string }
  setting_unknown: { readonly key: string; readonly source: string; readonly near?: string }
  data_locked: { readonly dir: string }
  data_invalid: { readonly path: string; readonly reason: string; readonly fix?: string }
  proposal_invalid: { readonly path: string; readonly reason: string }
  proposal_refused: { readonly reason: string }
  proposal_stale: { readonly seq: number; readonly next: number }
  address_taken: { readonly host: string; readonly port: number }
  address_unusable: { readonly host: string; readonly port: number; readonly reason: string }
  rpc_not_connected: { readonly method: string }
  identity_refused: { readonly account: string; readonly reason: string }
  vm_closed: Record<string, never>
  vm_deployed: { readonly dir: string }
  server_listening: { readonly port: number }
  read_too_large: { readonly url: string; readonly instead: string }
  method_unknown: { readonly method: string }
  files_url_differs: { readonly url: string; readonly found: string }
  clone_impossible: { readonly url: string; readonly reason: string }
  clone_stopped: { readonly dir: string }
  mirror_impossible: { readonly url: string; readonly reason: string }
  mirror_stopped: { readonly dir: string }
  push_impossible: { readonly reason: string }
  pack_invalid: { readonly file: string; readonly reason: string }
  share_impossible: { readonly source: string; readonly reason: string }
  peers_silent: { readonly address: string; readonly reason: string }
  drive_invalid: { readonly address: string; readonly path: string; readonly reason: string }
  archive_mismatch: {
    readonly path: string
    readonly what: string
    readonly found: string
    readonly wanted: string
  }
  call_failed: { readonly reason: string }
  /** `isLate`: it was answering, for longer than somebody wanted to wait. */
  server_unreachable: { readonly url: string; readonly reason: string; readonly isLate?: true }
  server_refused: { readonly url: string; readonly status: number; readonly message: string }
}

export const cliErrors: Catalogue<CliDetails> = {
  usage_wrong: {
    status: 400,
    message: (d) => d.reason,
    fix: (d) => {
      if (d.command === undefined) return undefined
      return `Run "stele help${d.command === '' ? '' : ` ${d.command}`}"`
    },
  },
  interrupted: {
    status: 503,
    message: (d) => `Stopped by ${d.signal} before it was done`,
    fix: () => 'Run the command again: it mends what is half done',
  },
  setting_invalid: {
    status: 400,
    message: (d) =>
      isWritten(d.source)
        ? `${d.source} ${d.found}: must be ${d.wanted}`
        : `${d.key} ${d.found} in ${d.source}: must be ${d.wanted}`,
  },
  setting_unknown: {
    status: 400,
    message: (d) =>
      `Unknown setting ${d.key} in ${d.source}${d.near === undefined ? '' : `; did you mean ${d.near}?`}`,
    fix: () => 'Run "stele help serve" for the list',
  },
  data_locked: {
    status: 409,
    message: (d) => `Cannot open the data folder "${d.dir}": another process is using it`,
    fix: () => 'Stop that process, or give another folder',
  },
  data_invalid: {
    status: 500,
    message: (d) => `Cannot use "${d.path}": ${d.reason}`,
    fix: (d) => d.fix,
  },
  proposal_invalid: {
    status: 400,
    message: (d) => `Cannot use the proposal "${d.path}": ${d.reason}`,
    fix: () => 'Make one with "stele rules propose"',
  },
  proposal_refused: {
    status: 400,
    message: (d) => `Cannot put the proposal in force: ${d.reason}`,
    fix: () =>
      'Nothing was logged. "stele rules show" tells what is in force, and whose keys must sign',
  },
  proposal_stale: {
    status: 409,
    message: (d) =>
      `Cannot put the proposal in force: it is change ${d.seq} of this log's settings, and the next one is ${d.next}: something was changed, or taken down, since it was made`,
    fix: () => 'Make it again with "stele rules propose", and have it signed again',
  },
  address_taken: {
    status: 409,
    message: (d) => `Cannot listen on ${d.host} port ${d.port}: another program does`,
    fix: () => 'Give another port with --port',
  },
  address_unusable: {
    status: 400,
    message: (d) => `Cannot listen on ${d.host} port ${d.port}: ${d.reason}`,
    fix: () =>
      'Give an address of this machine with --host, and a port that you may use with --port',
  },
  rpc_not_connected: {
    status: 409,
    message: (d) => `Cannot call "${d.method}": the client is not connected`,
    fix: () => 'Connect it first: await client.connect("localhost:5555")',
  },
  identity_refused: {
    status: 400,
    message: (d) => `Cannot sign calls as "${d.account}": ${d.reason}`,
  },
  vm_closed: {
    status: 409,
    message: () => 'Cannot use the VM: it is not deployed, or closed by now',
  },
  vm_deployed: {
    status: 409,
    message: (d) => `Cannot deploy to "${d.dir}": this VM is deployed already`,
    fix: () => 'Make another VM, or close this one first',
  },
  server_listening: {
    status: 409,
    message: (d) => `Cannot listen on port ${d.port}: this server listens already`,
    fix: () => 'Make another RPCServer, or close this one first',
  },
  read_too_large: {
    status: 413,
    message: (d) => `Cannot read "${d.url}" into memory: it is larger than a program takes`,
    fix: (d) => `Use "${d.instead}", which reads it piece by piece`,
  },
  method_unknown: {
    status: 404,
    message: (d) => `Cannot call "${d.method}": there is no such method`,
  },
  files_url_differs: {
    status: 409,
    message: (d) => `Cannot use ${d.url} as the address of the files: it is ${d.found}`,
  },
  archive_mismatch: {
    status: 409,
    message: (d) => `The file "${d.path}" differs: ${d.what}: found ${d.found}, wanted ${d.wanted}`,
  },
  clone_impossible: {
    status: 409,
    message: (d) => `Cannot clone "${d.url}": ${d.reason}`,
  },
  clone_stopped: {
    status: 503,
    message: (d) => `Stopped before the clone in "${d.dir}" was as new as its service`,
    fix: () => 'What it held before is still right. Run the same again to go on',
  },
  mirror_impossible: {
    status: 409,
    message: (d) => `Cannot mirror "${d.url}": ${d.reason}`,
  },
  mirror_stopped: {
    status: 503,
    message: (d) => `Stopped before the mirror in "${d.dir}" was as new as its registry`,
    fix: () => 'What it held before is still right. Run the same again to go on',
  },
  push_impossible: { status: 409, message: (d) => `Cannot push the mirror: ${d.reason}` },
  pack_invalid: {
    status: 409,
    message: (d) => `Cannot unpack "${d.file}": ${d.reason}`,
    fix: () => 'Make the file again with "stele mirror pack", and carry it across anew',
  },
  share_impossible: {
    status: 409,
    message: (d) => `Cannot share "${d.source}": ${d.reason}`,
  },
  peers_silent: {
    status: 503,
    message: (d) => `Cannot read "${d.address}": ${d.reason}`,
    fix: () => 'Run the same again, when somebody who shares it can be reached, to go on',
  },
  drive_invalid: {
    status: 502,
    message: (d) =>
      `Cannot use "${d.address}": what it holds as "${d.path}" is not valid: ${d.reason}`,
  },
  call_failed: {
    status: 400,
    message: (d) => d.reason,
  },
  server_unreachable: {
    status: 503,
    message: (d) => `Cannot reach "${d.url}": ${d.reason}`,
    fix: () => 'Check the address, and that the server runs',
  },
  server_refused: {
    status: 502,
    message: (d) => `Cannot use the answer of "${d.url}": status ${d.status}, ${d.message}`,
  },
}

/** A flag or a variable: it says the key itself. */
function isWritten(source: string): boolean {
  return source.startsWith('--') || source.startsWith('STELE_')
}
