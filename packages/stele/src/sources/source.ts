// Where a log, or the files of a service, are read from: an address, or a folder of this disk.

/** Where a log is read from. */
export type Source =
  | { readonly kind: 'http'; readonly root: string }
  | { readonly kind: 'folder'; readonly path: string }

/** The file of a folder that says that a log is in it. */
export const logInFolder = '-/log/key'
/** Where a clone keeps the files. */
export const filesFolder = 'files'
/** Lies in a clone while its files are written: until it is gone they may be of several entries. */
export const incompleteMark = 'files.incomplete'
