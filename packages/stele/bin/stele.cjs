#!/usr/bin/env node
'use strict'
// Starts Stele on a Node that can run it: this one, or the one that npm installed beside it. Old syntax on purpose.
var path = require('path')
var main = path.join(__dirname, '..', 'src', 'main.ts')
var version = process.versions.node.split('.').map(Number)

if (version[0] > 24 || (version[0] === 24 && version[1] >= 15)) {
  require('module').enableCompileCache()
  void import(require('url').pathToFileURL(main).href)
} else {
  var result = require('child_process').spawnSync(
    packagedNode(),
    [main].concat(process.argv.slice(2)),
    {
      stdio: 'inherit',
    },
  )
  if (result.error) throw result.error
  process.exitCode = result.status === null ? 1 : result.status
}

function packagedNode() {
  var names = [
    'node-' + process.platform + '-' + process.arch,
    'node-bin-' + process.platform + '-' + process.arch,
  ]
  for (var i = 0; i < names.length; i++) {
    try {
      return path.join(path.dirname(require.resolve(names[i] + '/package.json')), 'bin', 'node')
    } catch (absent) {
      if (absent.code !== 'MODULE_NOT_FOUND') throw absent
    }
  }
  throw new Error(
    'Stele needs Node 24.15 or newer, and none was installed beside it: found ' + process.version,
  )
}
