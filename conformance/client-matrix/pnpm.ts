// pnpm 9 and 10, which leave much to the npm that they find; 11 and 12, which do it themselves.
import { type Client, type Commands, npmrcOf } from './client.ts'
import { npmCommands, stars } from './npm.ts'

const installing: Commands = {
  publish: 'publish --access public --tag {tag} --no-git-checks',
  install: 'install',
  frozen: 'install --frozen-lockfile',
  add: 'add {spec}',
  update: 'update',
  outdated: ['outdated', 1],
  audit: ['audit', 1],
}

const shared = {
  npm: 'npm11',
  settings: (registry) => ({ '.npmrc': npmrcOf(registry) }),
  ownFiles:
    /^\.modules\.yaml$|^\.pnpm-workspace-state.*\.json$|^\.pnpm\/lock\.yaml$|(^|\/)\.bin\/|^\.pnpm\/node_modules\//,
  asksInVain: /^POST \/-\/npm\/v1\/security\/|^(PUT|DELETE) \/-\/user\/(v1|package\/[^/]+)\/star$/,
} as const satisfies Partial<Client>

const older: Commands = { ...npmCommands, ...stars, ...installing }
const { profile: _profile, tokenList: _tokenList, ...npms } = npmCommands
const pnpm11: Commands = {
  ...npms,
  ...stars,
  ...installing,
  undeprecate: 'undeprecate {spec}',
  ownerAdd: 'owner add {name} {other}',
  ownerRemove: 'owner rm {name} {other}',
}
const pnpm12: Commands = { ...pnpm11, profile: 'profile get', tokenList: 'token list' }
/** Without it pnpm leaves old versions in its own folder for a week. */
const env = { npm_config_modules_cache_max_age: '0', pnpm_config_modules_cache_max_age: '0' }
/** Of versions that are all younger than a day it takes the lowest. */
const ageLimit = {
  settings: shared.settings,
  env,
  code: 0,
  shows: /Added 1 entry to minimumReleaseAgeExclude/,
  tree: ['{left}@1.0.0'],
}
const warns = /Use 1\.1 "instead" ü/

export const pnpms: readonly Client[] = [
  { ...shared, name: 'pnpm9', program: 'bin/pnpm.cjs', commands: older, env, warns },
  { ...shared, name: 'pnpm10', program: 'bin/pnpm.cjs', commands: older, env, warns },
  {
    ...shared,
    name: 'pnpm11',
    program: 'bin/pnpm.mjs',
    commands: pnpm11,
    warns: /deprecated pnpm11-left@1\.0\.0/,
    env: { ...env, pnpm_config_minimum_release_age: '0' },
    ageLimit,
  },
  {
    ...shared,
    name: 'pnpm12',
    program: 'pnpm',
    isBinary: true,
    commands: pnpm12,
    warns: /deprecated pnpm12-left@1\.0\.0/,
    env: { ...env, pnpm_config_minimum_release_age: '0' },
    ageLimit,
  },
]
