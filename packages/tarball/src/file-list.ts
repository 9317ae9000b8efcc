// The file list: the text whose SHA-256 is the files digest, and the start of a pack.
import { compareUtf8 } from '@stele/formats/names'

/** A file as the list tells of it. `size` in bytes, `sha256` lower-case hex. */
export type ListedFile = {
  readonly path: string
  readonly mode: 644 | 755
  readonly size: number
  readonly sha256: string
}

/** The list, a line a file, and the files in its order: by the bytes of their paths. */
export function formatFileList<File extends ListedFile>(
  files: readonly File[],
): { readonly sorted: readonly File[]; readonly fileList: string } {
  const sorted = files.toSorted((a, b) => compareUtf8(a.path, b.path))
  const lines = sorted.map(({ mode, size, sha256, path }) => `${mode} ${size} ${sha256} ${path}\n`)
  return { sorted, fileList: lines.join('') }
}
