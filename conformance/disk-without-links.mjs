// Loaded into a process before everything else: it finds a disk on which no file can have a second name.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const code = process.env['LINKS_FAIL_WITH']
fs.linkSync = (from, to) => {
  throw Object.assign(new Error(`${code}: link '${from}' -> '${to}'`), {
    code,
    syscall: 'link',
    path: from,
    dest: to,
  })
}
syncBuiltinESMExports()
