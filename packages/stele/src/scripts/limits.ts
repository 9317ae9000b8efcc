// Every limit of running scripts, with its unit and reason.

/** Variables that a package.json becomes: what a kernel takes for a new program is limited, and such a package.json is no usual one. */
export const maxPackageVariables = 2000
/** Characters of a package.json's value that a variable may hold: Linux takes 128 KiB for one. */
export const maxVariableLength: number = 32 * 1024
/** Characters of a script's output that are kept to be shown where it fails: the end tells why. */
export const maxKeptOutput: number = 256 * 1024
/** Packages in which a script is run at a time, where nothing else is said: more would fight for the processors. */
export const usualConcurrency = 4
/** Milliseconds between two looks at what a script runs that was asked to stop: what its shell begins then should not get far. */
export const signalAgainMs = 50
