// stele doctor: whether this machine, this project and its registry are fit to install.
import { examine, type Finding } from '../client/doctor.ts'
import { globalPlace } from '../client/project/global.ts'
import { placeOf } from '../client/project/place.ts'
import type { Command } from './command.ts'
import { folderOf, prefixOptions } from './install-input.ts'

/** Checks what installations depend on. */
export const doctor: Command<readonly Finding[]> = {
  usage: {
    name: 'doctor',
    summary:
      'Check this machine, the registry, the store and this project; ends with 1 where something is wrong',
    arguments: '',
    options: prefixOptions,
  },
  run: async (input) => {
    const env = { ...input.environment }
    const { root } = await placeOf(folderOf(input))
    return examine({ root, env, bin: globalPlace(env).bin })
  },
  view: (findings) => {
    const width = Math.max(...findings.map(({ name }) => name.length))
    const lines = findings.flatMap(({ name, isOk, text, fix }) => [
      `${isOk ? 'ok   ' : 'wrong'}  ${name.padEnd(width)}  ${text}`,
      ...(isOk || fix === undefined ? [] : [`       ${''.padEnd(width)}  → ${fix}`]),
    ])
    const wrong = findings.filter(({ isOk }) => !isOk).length
    return [...lines, wrong === 0 ? 'Everything is right' : `${wrong} to mend`].join('\n')
  },
  exitCode: (findings) => (findings.every(({ isOk }) => isOk) ? 0 : 1),
}
