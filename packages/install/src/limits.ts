// Every limit of installing, with its reason.

/** Characters of a folder's name that is made of a package's key: file systems hold 255 bytes, Windows paths 260 characters in all. */
export const maxFolderName = 100
