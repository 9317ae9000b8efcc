'use strict'
// npm start: serves what "npm run build" makes, which starts sooner and holds less memory than the sources. It is made first
// when it is older than they are; where it cannot be made, the sources are served. Old syntax on purpose: any Node gets here.
var childProcess = require('child_process')
var fs = require('fs')
var path = require('path')
var root = path.join(__dirname, '..')
var built = path.join(root, 'dist', 'bin', 'stele.cjs')
var sources = path.join(root, 'packages', 'stele', 'bin', 'stele.cjs')
/** What goes into dist/, and the file that is written last. */
var inputs = ['package-lock.json', 'package.json', 'README.md', 'scripts/build.ts', 'packages']
var lastWritten = path.join(root, 'dist', 'package.json')
var skipped = ['node_modules', 'test', 'vectors']

var launcher = isBuilt() || build() ? built : sources
process.argv = [process.argv[0], launcher, 'serve'].concat(process.argv.slice(2))
require(launcher)

function isBuilt() {
  var made = changedMs(lastWritten)
  return inputs.every(function (input) {
    return isOlder(path.join(root, input), made)
  })
}

/** Whether nothing in there was changed since; folders count too, since they change when a file goes. */
function isOlder(place, thanMs) {
  var found = fs.statSync(place)
  if (found.mtimeMs > thanMs) return false
  if (!found.isDirectory()) return true
  return fs.readdirSync(place).every(function (name) {
    return skipped.indexOf(name) !== -1 || isOlder(path.join(place, name), thanMs)
  })
}

/** When the file was last written; long ago where there is none. */
function changedMs(file) {
  try {
    return fs.statSync(file).mtimeMs
  } catch (absent) {
    if (absent.code !== 'ENOENT') throw absent
    return 0
  }
}

function build() {
  var done = childProcess.spawnSync(process.execPath, [path.join(__dirname, 'build.ts')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  if (done.status === 0) return true
  process.stderr.write('Cannot build dist/, so the sources are served. "npm run build" says why\n')
  return false
}
