#!/usr/bin/env node
'use strict'
// Written so that an old Node can read it, and say that it is too old.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `stele-p2p needs Node 24.15 or newer; this is Node ${process.versions.node}\n`,
  )
  process.exit(1)
}
void import(
  require('node:url').pathToFileURL(require('node:path').join(__dirname, '..', 'src', 'main.ts'))
    .href
)
