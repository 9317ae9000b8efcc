#!/usr/bin/env node
'use strict'
// Starts Stele on a Node that can run it: this one, or the one that npm installed beside it. Old syntax on purpose.
// It also ends what it started when npm or an outer launcher is gone, however they ended.
var fs = require('fs')
var path = require('path')
var main = path.join(__dirname, '..', 'src', 'main.ts')
var watchMs = 500
/** Holds the process id of an outer launcher. */
var launcherVariable = 'STELE_LAUNCHER'

var launcher = process.env[launcherVariable]
delete process.env[launcherVariable]
if (launcher !== undefined || process.env.npm_lifecycle_event !== undefined) watchParents()
if (isRecent(process.versions.node)) runHere()
else runElsewhere()

function isRecent(version) {
  var parts = version.split('.').map(Number)
  return parts[0] > 24 || (parts[0] === 24 && parts[1] >= 15)
}

function runHere() {
  require('module').enableCompileCache()
  void import(require('url').pathToFileURL(main).href)
}

function runElsewhere() {
  var node = packagedNode()
  if (node === undefined) {
    process.stderr.write(
      'Stele needs Node 24.15 or newer: this is Node ' +
        process.versions.node +
        ', and no newer one was installed with Stele\n' +
        'Install Stele again without --omit=optional, or run it with a newer Node\n',
    )
    process.exitCode = 1
    return
  }
  var env = Object.assign({}, process.env)
  env[launcherVariable] = String(process.pid)
  var child = require('child_process').spawn(node, [__filename].concat(process.argv.slice(2)), {
    stdio: 'inherit',
    env: env,
  })
  var signals = ['SIGTERM', 'SIGINT', 'SIGHUP']
  signals.forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal)
    })
  })
  child.on('error', function (error) {
    process.stderr.write('Cannot start "' + node + '": ' + error.message + '\n')
    process.exitCode = 1
  })
  child.on('exit', function (status, signal) {
    if (signal === null) process.exit(status)
    signals.forEach(function (name) {
      process.removeAllListeners(name)
    })
    process.kill(process.pid, signal)
  })
}

/** The Node of the platform's package, which npm installs unless optional dependencies are left out. */
function packagedNode() {
  var platform = process.platform + '-' + process.arch
  var names = ['node-' + platform, 'node-bin-' + platform]
  var program = process.platform === 'win32' ? 'node.exe' : 'node'
  for (var i = 0; i < names.length; i++) {
    try {
      return path.join(path.dirname(require.resolve(names[i] + '/package.json')), 'bin', program)
    } catch (absent) {
      if (absent.code !== 'MODULE_NOT_FOUND') throw absent
    }
  }
  return undefined
}

/** Ends this process, as SIGTERM does, when its parent is gone. npm's shell is no parent: npm is. */
function watchParents() {
  var parent = process.ppid
  var grandparent = parentOfShell(parent)
  function isOrphan() {
    if (launcher !== undefined && process.ppid !== Number(launcher)) return true
    if (process.ppid !== parent) return true
    return grandparent !== undefined && parentOfShell(parent) !== grandparent
  }
  var timer = setInterval(function () {
    if (!isOrphan()) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, watchMs)
  timer.unref()
}

/** Who started the process, if that is a shell: killing npm leaves the shell that it runs scripts with. Linux only. */
function parentOfShell(pid) {
  try {
    var fields = /^\d+ \((\w*sh)\) \w (\d+) /.exec(
      fs.readFileSync('/proc/' + pid + '/stat', 'utf8'),
    )
    return fields === null ? undefined : Number(fields[2])
  } catch {
    return undefined
  }
}
