// Declarations for dependencies that come without.

declare module 'validate-npm-package-name' {
  type Verdict = {
    readonly validForNewPackages: boolean
    readonly warnings?: readonly string[]
    readonly errors?: readonly string[]
  }
  function validate(name: string): Verdict
  export = validate
}

declare module 'npm-normalize-package-bin' {
  /** Changes the object given, and returns it. */
  function normalize(manifest: { name: string; bin?: unknown }): { bin?: Record<string, string> }
  export = normalize
}
