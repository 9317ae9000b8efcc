// bun 1.4.
import { type Client, npmrcOf } from './client.ts'

export const bun: Client = {
  name: 'bun',
  program: 'bin/bun',
  isBinary: true,
  npm: 'npm11',
  commands: {
    whoami: 'pm whoami',
    publish: 'publish --access public --tag {tag}',
    install: 'install',
    frozen: 'install --frozen-lockfile',
    add: 'add {spec}',
    update: 'update',
    outdated: 'outdated',
    view: 'info {spec}',
    audit: ['audit', 1],
  },
  settings: (registry) => ({ '.npmrc': npmrcOf(registry) }),
  warns: /Use 1\.1 "instead" ü/,
  ownFiles: /^\.bin\//,
  asksInVain: /^POST \/-\/npm\/v1\/security\//,
}
