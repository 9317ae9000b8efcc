// What is typed after "stele mirror" and "mnpm install" and cannot be meant: it is said before anything is asked or written.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { mirror } from '../src/commands/mirror.ts'
import { mirrorCheck } from '../src/commands/mirror-check.ts'
import { mirrorPack, mirrorUnpack } from '../src/commands/mirror-pack.ts'
import { mirrorPush } from '../src/commands/mirror-push.ts'
import { mnpmInstallCommand } from '../src/commands/mnpm-install.ts'
import { quietInput } from './command-input.ts'

const folder = mkdtempSync(join(tmpdir(), 'stele-mirror-commands-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const copy = join(folder, 'copy')
mkdirSync(join(copy, '-/log'), { recursive: true })
writeFileSync(join(copy, '-/log/key'), '')
const url = 'https://registry.example'
const made = join(folder, 'made')

const odd = [
  [mirror, ['ftp://registry.example', made], {}, /"ftp:.*" is not the address of a registry/],
  [
    mirror,
    [url, made],
    { 'base-url': 'ftp://x' },
    /--base-url "ftp:\/\/x" is not the address of a server/,
  ],
  [mirrorUnpack, ['x.tar', made], { 'base-url': 'https://x?y' }, /--base-url .* no user name/],
  [mirrorCheck, [copy], {}, /is a folder.* give its address\. "stele verify .*" checks a folder/],
  [
    mirrorCheck,
    [url],
    { registry: 'ftp://x' },
    /--registry "ftp:\/\/x" is not the address of a server/,
  ],
  [mirrorPush, [''], { folder: copy }, /A destination is empty/],
  [mirrorPush, ['there', ''], { folder: copy }, /A destination is empty/],
  [mirrorPush, ['--rsh=x'], { folder: copy }, /"--rsh=x" is no destination of rsync/],
  [mirrorPack, [copy, folder], {}, /is a folder: give a file, such as .*mirror\.tar/],
  [mnpmInstallCommand, [], { template: '{mirror}/{nmae}' }, /there is no \{nmae\}; there are \{m/],
  [mnpmInstallCommand, [], { template: '{name}' }, /it must begin with \{mirror\}\//],
  [
    mnpmInstallCommand,
    [],
    { server: 'ftp://x' },
    /--server "ftp:\/\/x" is not the address of a server/,
  ],
] as const
for (const [command, positionals, options, said] of odd) {
  const { name } = command.usage
  const typed = [...positionals, ...Object.entries(options).flat()].map((one) => `"${one}"`)
  test(
    `stele ${name} throws usage_wrong, and names its own page of help, for ${typed.join(' ')}`.replaceAll(
      folder,
      '',
    ),
    async () => {
      await assert.rejects(command.run({ ...quietInput, positionals, options }), (error) => {
        assert.ok(isSteleError(error, 'usage_wrong'), String(error))
        assert.match(error.message, said)
        assert.equal(error.details.command, name)
        return true
      })
      assert.ok(!existsSync(made))
    },
  )
}
