// Flags of npm that people's scripts have, and that are no command's own: settings of npm, and those that mean nothing here.
import type { Input, Usage } from '../command-input.ts'

const texts = [
  'registry',
  'userconfig',
  'globalconfig',
  'proxy',
  'https-proxy',
  'noproxy',
  'cafile',
  'maxsockets',
  'fetch-retries',
  'fetch-timeout',
  'before',
  'min-release-age',
  'loglevel',
]
const flags = ['strict-ssl', 'engine-strict', 'strict-peer-deps']
/** What they are about is not done here, or always, or in a place of its own. */
const ignoredFlags = [
  'audit',
  'fund',
  'legacy-peer-deps',
  'progress',
  'color',
  'update-notifier',
  'timing',
  'verbose',
  'quiet',
]
const ignoredTexts = ['audit-level', 'cache', 'logs-max']

/** Spread before a command's own options, which win over them. */
export const npmOptions: Usage['options'] = {
  ...Object.fromEntries(
    texts.map((name) => [name, { type: 'string', summary: '', npm: 'setting' } as const]),
  ),
  ...Object.fromEntries(
    flags.map((name) => [name, { type: 'boolean', summary: '', npm: 'setting' } as const]),
  ),
  ...Object.fromEntries(
    ignoredFlags.map((name) => [name, { type: 'boolean', summary: '', npm: 'ignored' } as const]),
  ),
  ...Object.fromEntries(
    ignoredTexts.map((name) => [name, { type: 'string', summary: '', npm: 'ignored' } as const]),
  ),
}

/** Puts settings that were typed where npm's users put them otherwise: into the environment, which wins over every file. */
export function setTyped(
  usage: Usage,
  options: Input['options'],
  env: { [name: string]: string | undefined },
): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || usage.options[name]?.npm !== 'setting') continue
    const variable = `npm_config_${name.replaceAll('-', '_')}`
    for (const other of Object.keys(env)) {
      if (other.toLowerCase().replaceAll('-', '_') === variable) delete env[other]
    }
    env[variable] = String(value)
  }
}
