import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOwnParts } from '../src/assets.ts'
import { parseInterface } from '../src/v1/interface.ts'
import { defaultLimits } from '../src/v1/limits.ts'
import { Machine, VmError } from '../src/v1/machine.ts'

const parts = readOwnParts()
const interpreter = {
  module: new WebAssembly.Module(parts.wasm),
  interface: parseInterface(Buffer.from(parts.interface).toString()),
}

function machineOf(callHost: (argv: number, machine: Machine) => number = () => 0): Machine {
  const machine: Machine = new Machine(interpreter, defaultLimits, {
    now: () => 0,
    tick: () => {},
    callHost: (_id, argv) => callHost(argv, machine),
  })
  return machine
}

const texts = ['', 'a', 'é\u{1f600}\ufeff', '\u2028"\\', 'x'.repeat(16_000), 'é'.repeat(500_000)]
for (const text of texts) {
  test(`newText() and readText() carry ${text.length} characters, ${JSON.stringify(text.slice(0, 9))}`, () => {
    const machine = machineOf()
    const value = machine.newText(text)
    assert.equal(machine.readText(value), text)
    assert.deepEqual(Buffer.from(machine.readTextBytes(value)), Buffer.from(text))
    const again = machine.newTextOf(Buffer.from(text))
    assert.equal(machine.readText(again), text)
  })
}

test('newBytes() and readBytes() carry any bytes', () => {
  const machine = machineOf()
  for (const bytes of [[], [0], [0, 255, 0], Array.from({ length: 70_000 }, (_, i) => i % 256)]) {
    const value = machine.newBytes(Uint8Array.from(bytes))
    assert.deepEqual([...machine.readBytes(value)], bytes)
  }
})

test('call() throws VmError with what the VM threw', () => {
  const machine = machineOf()
  const fn = machine.evaluate('(() => { throw new TypeError("no") })', 'test.js')
  assert.throws(() => machine.call(fn, []), new VmError('TypeError: no'))
  assert.throws(() => machine.evaluate('let let', 'test.js'), VmError)
})

test('callHost() sees the arguments and gives the value', () => {
  const machine = machineOf((argv, vm) => vm.newText(`<${vm.readText(vm.argument(argv, 1))}>`))
  const wrap = machine.evaluate('(fn) => fn(1, "two") + fn(1, 2)', 'test.js')
  const value = machine.call(wrap, [machine.newFunction('fn', 0)])
  assert.equal(machine.readText(value), '<two><2>')
})

test('load() puts back all that save() saw when the heap has grown', () => {
  const machine = machineOf()
  const grow = machine.evaluate(
    'var kept = []; (n) => { for (let i = 0; i < n; i++) kept.push(new Array(99).fill(i)); return String(kept.length) }',
    'test.js',
  )
  machine.clearStack()
  const before = machine.save()
  const digest = machine.digest(before)
  assert.equal(machine.takeText(machine.call(grow, [machine.newNumber(20_000)])), '20000')
  assert.notEqual(machine.digest(machine.save()), digest)
  machine.load(before)
  machine.clearStack()
  assert.equal(machine.digest(machine.save()), digest)
  assert.equal(machine.takeText(machine.call(grow, [machine.newNumber(3)])), '3')
})

test('load() puts back the stack when the host threw through the VM', () => {
  const machine = machineOf(() => {
    throw new RangeError('host')
  })
  const fn = machine.evaluate('(f) => f()', 'test.js')
  const callback = machine.newFunction('f', 0)
  const before = machine.save()
  assert.equal(before.stackPointer, interpreter.interface.layout.stackTop)
  assert.throws(() => machine.call(fn, [callback]), RangeError)
  assert.notEqual(machine.save().stackPointer, interpreter.interface.layout.stackTop)
  machine.load(before)
  assert.equal(machine.save().stackPointer, interpreter.interface.layout.stackTop)
  assert.equal(machine.takeText(machine.evaluate('"alive"', 'test.js')), 'alive')
})

test('imageOf() throws RangeError when the bytes are no memory', () => {
  const machine = machineOf()
  const content = Buffer.from(machine.content(machine.save()))
  assert.deepEqual(machine.imageOf(content).heapEnd, machine.save().heapEnd)
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(99_999), content.subarray(0, -8)]) {
    assert.throws(() => machine.imageOf(bytes), RangeError)
  }
})
