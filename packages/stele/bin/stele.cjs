#!/usr/bin/env node
'use strict'
// Starts Stele on a Node that can run it: this one, or the one that npm installed beside it. Old syntax on purpose.
// It also ends what it started when npm or an outer launcher is gone, however they ended. A server is started with settings
// of its memory that only a new program takes: "exec" where the system has it, so that it stays the same process.
var fs = require('fs')
var path = require('path')
var main = path.join(__dirname, '..', 'src', 'main.ts')
var watchMs = 500
/** Holds the process id of an outer launcher. */
var launcherVariable = 'STELE_LAUNCHER'

/** "no" leaves memory as Node has it; the launcher itself says "done" to the program that it becomes. */
var tuneVariable = 'STELE_TUNE_MEMORY'
/** glibc: one arena for all threads, and freed memory goes back to the system. It takes a third off what a server holds. */
var allocator = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '65536',
}
/** V8 would let 48 MB of garbage gather in each thread. */
var nodeFlags = ['--max-semi-space-size=1']
/** Nor does a heap grow to several times of what is in use before it is swept. Node does not start with a flag that it dropped. */
var newestTried = 26
var sweepingFlags = ['--heap-growing-percent=50']

var tuning = process.env[tuneVariable]
delete process.env[tuneVariable]
var isServer =
  process.argv[2] === 'serve' || (process.argv[2] === 'vm' && process.argv[3] === 'exec')
var isTuned = isServer && tuning !== 'no' && tuning !== 'done'

if (isRecent(process.versions.node)) {
  if (isTuned && canBecome()) become()
  else runHere()
} else runElsewhere()

function isRecent(version) {
  var parts = version.split('.').map(Number)
  return parts[0] > 24 || (parts[0] === 24 && parts[1] >= 15)
}

function runHere() {
  if (saysUpToDate()) return
  watchLauncher()
  var kept = process.env.NODE_COMPILE_CACHE || compileCache()
  if (kept !== undefined) require('module').enableCompileCache(kept)
  repeat(function () {
    void import(require('url').pathToFileURL(main).href)
  })
}

/** An empty folder that is to have what another one had is made without anything else, or with `otherwise`. */
function repeat(otherwise) {
  var command = process.argv[2]
  var isMeant = command === 'install' || command === 'i' || command === 'ci'
  if (!isMeant || process.argv.some(isForPrograms) || require('fs').existsSync('node_modules')) {
    otherwise()
    return
  }
  var own = loadOwn('kept-tree.cjs')
  if (own === undefined) {
    otherwise()
    return
  }
  own
    .repeatInstall(asked(), { main: require('url').pathToFileURL(main), onWait: say })
    .then(function (text) {
      if (text === undefined) otherwise()
      else if (!isSilent()) process.stdout.write(text + '\n')
    }, otherwise)
}

function say(line) {
  if (!isSilent()) process.stderr.write(line + '\n')
}

function isSilent() {
  return process.argv.indexOf('--silent') > 0 || process.argv.indexOf('-s') > 0
}

function asked() {
  return { cwd: process.cwd(), arguments: process.argv.slice(3), env: process.env }
}

/** What is in one file of what is published; undefined elsewhere. */
function loadOwn(name) {
  try {
    return require(path.join(__dirname, '..', 'lib', name))
  } catch (absent) {
    if (absent.code !== 'MODULE_NOT_FOUND') throw absent
    return undefined
  }
}

/** Compiled code of the user's own: what is below /tmp, where Node puts it, somebody else may have put there. As src/compile-cache.ts. */
function compileCache() {
  var home = process.env.HOME || require('os').homedir()
  var cache = process.env.XDG_CACHE_HOME || path.join(home, '.cache')
  try {
    require('fs').mkdirSync(cache)
  } catch (error) {
    if (error.code !== 'EEXIST') return
  }
  return path.join(cache, 'stele', 'compiled')
}

/** An installation that has nothing to do loads nothing but what finds that out, which is there in what is published. */
function saysUpToDate() {
  var command = process.argv[2]
  if (command !== 'install' && command !== 'i') return false
  if (process.argv.some(isForPrograms)) return false
  var own = loadOwn('up-to-date.cjs')
  var packages = own && own.findUpToDate(asked())
  if (packages === undefined) return false
  var counted = packages + (packages === 1 ? ' package' : ' packages')
  var line = counted + ': nothing to do, ' + process.uptime().toFixed(2) + ' s\n'
  if (!isSilent()) process.stdout.write(line)
  return true
}

/** What is to be printed in another form. */
function isForPrograms(argument) {
  return argument === '--json' || argument.indexOf('--reporter') === 0
}

/** Whether this process can become another program and stay what it is for whoever started it. */
function canBecome() {
  var isOfUnix = process.platform === 'linux' || process.platform === 'darwin'
  var isFree = process.channel === undefined && process.permission === undefined
  return isOfUnix && isFree && typeof process.execve === 'function'
}

/** Does not return. */
function become() {
  var node = process.execPath
  process.execve(node, [node].concat(process.execArgv, ownArguments()), environment())
}

function ownArguments() {
  return (isTuned ? wantedFlags() : []).concat(__filename, process.argv.slice(2))
}

/** What the user said of the heap, in any way, stays. */
function wantedFlags() {
  var said = process.execArgv.concat(process.env.NODE_OPTIONS || '').join(' ')
  if (/semi[-_]space|heap[-_]growing/.test(said)) return []
  var isTried = parseInt(process.versions.node, 10) <= newestTried
  return isTried ? nodeFlags.concat(sweepingFlags) : nodeFlags
}

/** For the program that this one becomes or starts. What the user said of the allocator, in any way, stays. */
function environment() {
  var env = Object.assign({}, process.env)
  env[tuneVariable] = 'done'
  if (!isTuned) return env
  var isSaid = Object.keys(env).some(function (name) {
    return name.startsWith('MALLOC_') || name === 'GLIBC_TUNABLES'
  })
  return isSaid ? env : Object.assign(env, allocator)
}

function runElsewhere() {
  watchLauncher()
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
  var env = environment()
  env[launcherVariable] = String(process.pid)
  var child = require('child_process').spawn(node, ownArguments(), { stdio: 'inherit', env: env })
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

function watchLauncher() {
  var launcher = process.env[launcherVariable]
  delete process.env[launcherVariable]
  if (launcher !== undefined || process.env.npm_lifecycle_event !== undefined) {
    watchParents(launcher)
  }
}

/** Ends this process, as SIGTERM does, when its parent is gone. npm's shell is no parent: npm is. */
function watchParents(launcher) {
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
