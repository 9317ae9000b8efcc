// Which names may stand in node_modules. Registries, package.jsons and locks are strangers' words: none may reach beyond it.
import { isPlainLine } from '@stele/errors'

// Brackets, blanks and `@` have a meaning in keys of instances.
const folderName = /^(?:@[^/\\\0:@()\s.][^/\\\0:@()\s]*\/)?(?!\.)[^/\\\0:@()\s]+$/

/** Whether it may name a folder in node_modules: one segment, or a scope and one; no dot in front, and nothing that drives a terminal. */
export function isFolderName(text: string): boolean {
  return folderName.test(text) && isPlainLine(text) && text !== 'node_modules'
}
