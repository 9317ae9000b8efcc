// The README that a package shows.
import { maxReadmeBytes } from './limits.ts'
import type { TarballFile } from './read-tarball.ts'

/** A README: its path in the package and its text. */
export type Readme = { readonly path: string; readonly text: string }

/**
 * The README of a package, or undefined: a file in its root called README in any case, Markdown first, then without an
 * ending, then any other. One of over 1 MiB is not taken. Broken UTF-8 is replaced.
 */
export function findReadme(files: readonly TarballFile[]): Readme | undefined {
  const found = chooseReadme(files)
  return found && readmeOf(found.path, found.content)
}

/** The file that the README is in. */
export function chooseReadme<File extends Pick<TarballFile, 'path' | 'size'>>(
  files: readonly File[],
): File | undefined {
  return files
    .filter(({ path, size }) => /^readme(?:\.[^/]*)?$/i.test(path) && size <= maxReadmeBytes)
    .toSorted((a, b) => rank(a.path) - rank(b.path))[0]
}

/** The README that these bytes are. */
export function readmeOf(path: string, content: Uint8Array): Readme {
  return { path, text: new TextDecoder().decode(content) }
}

function rank(path: string): number {
  if (path.toLowerCase() === 'readme.md') return 0
  if (/\.(?:md|mkd|mdown|markdown)$/i.test(path)) return 1
  return path.includes('.') ? 3 : 2
}
